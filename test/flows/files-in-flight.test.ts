// Files on their way while their plugin is disabled, replaced or uninstalled: what a visitor has begun to read comes whole, and what
// has not arrived whole is refused and leaves nothing.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { type Client, install, send, startTestRuntime, until, WAYS } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const BACKEND = `export default {
  async fetch(request, { files }) {
    const key = new URL(request.url).pathname.slice(1)
    if (key === 'version') return new Response(VERSION)
    if (request.method === 'PUT') return Response.json((await files.put(key, request.body)).etag)
    if (request.method !== 'POST') return await files.respond(request, key)
    const parts = await files.createMultipartUpload(key)
    const stored = []
    const content = new Uint8Array(await request.arrayBuffer())
    for (let n = 0; n < 3; n++) stored.push(await parts.uploadPart(n + 1, content.map((byte) => byte ^ n)))
    return Response.json((await parts.complete(stored)).size)
  },
}`
/** More than all buffers between the disk and a client that does not read. */
const LARGE = randomBytes(8_000_000)
const PART = LARGE.subarray(0, 3_000_000)

const agent = new Agent({ keepAlive: true })
const scope = sharedScope()
let runtime: Runtime
let client: Client

const release = (id: string, version: string) => ({
  id,
  version,
  backend: `const VERSION = '${version}'\n${BACKEND}`,
  manifest: { permissions: { files: true } },
})

before(async () => {
  runtime = await startTestRuntime(scope)
  const [server] = WAYS
  assert.ok(server)
  client = await server.open(scope, runtime)
})

const url = (id: string, key: string) => `${client.origin}/plugins/${id}/api/${key}`
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What becomes of the plugin; each ends what serves. */
const CHANGES: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
  disabled: (id) => send(runtime, 'POST', `/plugins/${id}/disable`),
  replaced: (id) => install(runtime, release(id, '2.0.0')),
  'uninstalled, its data kept': (id) => send(runtime, 'DELETE', `/plugins/${id}?data=keep`),
  'uninstalled with its data': (id) => send(runtime, 'DELETE', `/plugins/${id}?data=delete`),
}

/** Contents that are arriving, or being removed. */
const incoming = () => readdir(join(runtime.store.paths.pluginData, '.incoming')).catch(() => [])

/** The head of the answer has come, and nothing of the body is read yet. */
async function beginDownload(address: string): Promise<IncomingMessage> {
  const request = httpRequest(address, { agent: false }).end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return answer
}

async function rest(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

interface HalfSent {
  readonly request: ClientRequest
  readonly answered: Promise<{ readonly status: number | undefined; readonly text: string }>
}

/** Half of the content has been sent, and some of it has arrived. */
async function beginUpload(address: string, content: Uint8Array): Promise<HalfSent> {
  const headers = { 'content-length': content.byteLength }
  const request = httpRequest(address, { method: 'PUT', agent, headers })
  const answered = once(request, 'response').then(async ([answer]) => {
    const { statusCode: status } = answer as IncomingMessage
    return { status, text: String(await rest(answer as IncomingMessage)) }
  })
  request.write(content.subarray(0, content.byteLength / 2))
  await until('it arrives', async () => (await incoming()).length > 0)
  return { request, answered }
}

let n = 0
for (const [what, change] of Object.entries(CHANGES)) {
  test(`a file that is being read comes whole when its plugin is ${what}`, async () => {
    const id = `read-${++n}`
    await install(runtime, release(id, '1.0.0'))
    assert.equal((await fetch(url(id, 'whole'), { method: 'PUT', body: LARGE })).status, 200)
    const inParts = await fetch(url(id, 'parts'), { method: 'POST', body: PART })
    assert.equal(await inParts.json(), 3 * PART.length)
    const [whole, parts] = await Promise.all([
      beginDownload(url(id, 'whole')),
      beginDownload(url(id, 'parts')),
    ])
    await change(id)
    assert.ok((await rest(whole)).equals(LARGE))
    const all = [0, 1, 2].map((by) => PART.map((byte) => byte ^ by))
    assert.ok((await rest(parts)).equals(Buffer.concat(all)))
    await until('nothing is left of what was removed', async () => (await incoming()).length === 0)
  })

  if (what !== 'replaced')
    test(`a file that is arriving is refused when its plugin is ${what}, and leaves nothing`, async () => {
      const id = `sent-${++n}`
      await install(runtime, release(id, '1.0.0'))
      const { request, answered } = await beginUpload(url(id, 'half'), LARGE)
      await change(id)
      const { status, text } = await answered
      const { title } = JSON.parse(text) as { readonly title: string }
      assert.deepEqual([status, title], [503, 'The plugin cannot answer now'])
      // A browser reads the answer after it has sent everything: the rest is taken.
      request.end(LARGE.subarray(LARGE.byteLength / 2))
      await once(request, 'close')
      assert.deepEqual(await incoming(), [])
      await install(runtime, release(id, '1.0.0')).catch(() => undefined)
      await send(runtime, 'POST', `/plugins/${id}/enable`)
      assert.equal((await fetch(url(id, 'half'))).status, 404)
      assert.equal((await fetch(url(id, 'half'), { method: 'PUT', body: LARGE })).status, 200)
    })
}

test('a file that is arriving is kept by the release that began to receive it, while another one serves', async () => {
  await install(runtime, release('swapped', '1.0.0'))
  const { request, answered } = await beginUpload(url('swapped', 'photo'), LARGE)
  const replaced = install(runtime, release('swapped', '2.0.0'))
  await until(
    'the new release serves',
    async () => (await (await fetch(url('swapped', 'version'))).text()) === '2.0.0',
  )
  request.end(LARGE.subarray(LARGE.byteLength / 2))
  const { status, text } = await answered
  assert.deepEqual([status, JSON.parse(text)], [200, sha256(LARGE)])
  await replaced
  const kept = await fetch(url('swapped', 'photo'))
  assert.equal(sha256(new Uint8Array(await kept.arrayBuffer())), sha256(LARGE))
})
