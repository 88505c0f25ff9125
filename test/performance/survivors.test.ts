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
const COUNTED = `export default {
  fetch: async (request) => Response.json({ length: (await request.text()).length }),
}`

const IN_PARTS = `export default {
  fetch: () => new Response(new ReadableStream({
    async pull(controller) {
      await null
      controller.enqueue(new TextEncoder().encode('part'))
      controller.close()
    },
  })),
}`

interface Case {
  readonly name: string
  readonly backend: string
  readonly permissions?: Readonly<Record<string, unknown>>
  readonly frontend?: Readonly<Record<string, string>>
  readonly path?: string
  readonly body?: string
}

const CASES: readonly Case[] = [
  { name: 'answers from memory', backend: HELLO },
  { name: 'asks the host twice', backend: STORED, permissions: { kv: true } },
  { name: 'reads a short body', backend: COUNTED, body: 'short' },
  { name: 'answers in parts', backend: IN_PARTS },
  {
    name: 'gets an asset',
    backend: HELLO,
    frontend: { 'frontend/index.html': '<p>page', 'frontend/app.js': 'export const asset = 1' },
    path: 'app.js',
  },
]

for (const { name, backend, permissions = {}, frontend, path = 'api/?name=ada', body } of CASES) {
  test(`of a request that ${name}, nothing stays in the old generation, in any process`, async (t) => {
    const load = { backend, permissions, frontend, path, body, warmUpSeconds: 5, seconds: 10, windows: 3 }
    let complaints: readonly string[] = []
    for await (const isolates of collectionsUnderLoad(t, load)) {
      assert.ok(isolates.length >= (frontend === undefined ? 2 : 1), 'the processes at work have collected')
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
