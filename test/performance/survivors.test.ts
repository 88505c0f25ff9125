// Nothing of a request survives: the real server under load, as V8's own trace of its collector tells. Bytes and collections are
// counted, not times: a busy machine changes neither.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectionsUnderLoad } from './collections.ts'

/** Short of a tenth of a kilobyte: what is left are caches and code, which end with the first minutes. */
const MAX_BYTES_PER_REQUEST = 100

const HELLO = `export default {
  fetch: (request) => Response.json({ hello: new URL(request.url).searchParams.get('name') }),
}`
const STORED = `export default {
  async fetch(request, env) {
    await env.kv.put('name', new URL(request.url).search)
    return Response.json({ hello: await env.kv.get('name') })
  },
}`

for (const [name, backend, permissions] of [
  ['answers from memory', HELLO, {}],
  ['asks the host twice', STORED, { kv: true }],
] as const) {
  test(`of a request that ${name}, nothing survives a scavenge, in the runtime and in the isolate`, async (t) => {
    const isolates = await collectionsUnderLoad(t, { backend, permissions, warmUpSeconds: 5, seconds: 10 })
    assert.ok(isolates.length >= 2, 'the runtime and the sandbox process have collected')
    for (const { process, scavenges, fullCollections, promotedBytes, requests } of isolates) {
      const perRequest = promotedBytes / requests
      t.diagnostic(`${process}: ${scavenges} scavenges, ${perRequest.toFixed(2)} bytes a request survive`)
      assert.ok(perRequest < MAX_BYTES_PER_REQUEST, `${process}: ${perRequest} bytes a request survive`)
      assert.equal(fullCollections, 0, `${process}: full collections`)
    }
  })
}
