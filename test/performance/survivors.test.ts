// Nothing of a request survives: the real server under load, as V8's own trace of its collector tells. Bytes and collections are
// counted, not times: a busy machine changes neither.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Collections, collectionsUnderLoad } from './collections.ts'

/** Short of a tenth of a kilobyte: what stays are caches and code, which end with the first minutes. */
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
  test(`of a request that ${name}, nothing stays in the old generation, in any process`, async (t) => {
    const load = { backend, permissions, warmUpSeconds: 5, seconds: 10, windows: 3 }
    let complaints: readonly string[] = []
    for await (const isolates of collectionsUnderLoad(t, load)) {
      assert.ok(isolates.length >= 2, 'the runtime and the sandbox process have collected')
      for (const each of isolates) t.diagnostic(`${each.process}: ${describe(each)}`)
      complaints = isolates
        .filter((each) => !isClean(each))
        .map((each) => `${each.process}: ${describe(each)}`)
      // On a slow machine what the start has left is collected later; what requests leave is there in every window.
      if (complaints.length === 0) return
    }
    assert.deepEqual(complaints, [])
  })
}

function isClean({ keptBytes, requests, fullCollections }: Collections): boolean {
  return keptBytes / requests < MAX_BYTES_PER_REQUEST && fullCollections === 0
}

function describe({ scavenges, fullCollections, keptBytes, requests }: Collections): string {
  const bytes = (keptBytes / requests).toFixed(2)
  return `${scavenges} scavenges, ${fullCollections} full collections, ${bytes} bytes a request stay`
}
