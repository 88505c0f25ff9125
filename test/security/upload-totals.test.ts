// Class: missing totals (P). Uploads of administrators that trickle without end, or are too many, end; others are served meanwhile.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { before, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { SNAPSHOT_TYPE } from '../../sdk/api/media-types.ts'
import { ADMIN_TOKEN, api, install, pluginZip, startTestRuntime, until } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { record } from './helpers/record.ts'
import { AUTHORIZED, head, listenFor, openWire, statusOf } from './helpers/wire.ts'

const MAX_UPLOADS = 6
const UPLOAD_MS = 3000

const scope = sharedScope()
let runtime: Runtime
let port: number
before(async () => {
  runtime = await startTestRuntime(scope, {
    config: { http: { maxUploads: MAX_UPLOADS, uploadMs: UPLOAD_MS } },
  })
  await install(runtime, { id: 'present', files: { 'frontend/index.html': 'present' } })
  port = await listenFor(scope, runtime)
})

const UPLOADS = [
  ['a package', 'POST /api/v1/plugins', 'application/zip'],
  ['a form', 'POST /api/v1/plugins', 'multipart/form-data; boundary=x'],
  ['an inspection', 'POST /api/v1/packages/inspect', 'application/zip'],
  ['a snapshot', 'PUT /api/v1/plugins/present/data', SNAPSHOT_TYPE],
] as const

function chunkOf(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

async function snapshotOf(id: string): Promise<Buffer> {
  return Buffer.from(await (await api(runtime, `/plugins/${id}/data`)).arrayBuffer())
}

function upload(token: string, zip: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/api/v1/packages/inspect`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/zip' },
    body: zip,
  })
}

for (const [name, line, type] of UPLOADS)
  test(`P1 ${name} that arrives steadily, and without end, is 408`, async (t) => {
    const wire = await openWire(t, port)
    wire.send(head(line, { ...AUTHORIZED, 'Content-Type': type, 'Transfer-Encoding': 'chunked' }))
    const whole = type === SNAPSHOT_TYPE ? await snapshotOf('present') : Buffer.alloc(1_000_000, 'x')
    let sent = 0
    const timer = setInterval(() => {
      if (sent + 1 < whole.length) wire.send(chunkOf(whole.subarray(sent, ++sent)))
    }, 50)
    t.after(() => clearInterval(timer))
    await until('it is answered', () => wire.text() !== '')
    assert.equal(statusOf(wire.text()), 408)
    assert.match(wire.text(), /BODY_TOO_SLOW/)
    clearInterval(timer)
    wire.socket.destroy()
    await until(
      'the staging folder is empty',
      async () => (await readdir(runtime.store.paths.staging)).length === 0,
    )
    record({ id: `P1 ${name}`, area: 'http', title: `${name} that trickles steadily`, culprit: '408' })
  })

test('P2 too many uploads of one token are 429 and hold up nobody else’s, and their places come back', async (t) => {
  const audit = { actor: 'test', action: 'token.create' }
  const { token } = await runtime.store.principals.addToken(
    { name: 'ci', permissions: ['plugins.manage'] },
    audit,
  )
  const zip = pluginZip({ id: 'fine', files: { 'frontend/index.html': 'x' } })
  const wires = await Promise.all(Array.from({ length: MAX_UPLOADS }, () => openWire(t, port)))
  for (const wire of wires)
    wire.send(
      head('POST /api/v1/packages/inspect', {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/zip',
        'Content-Length': 100_000,
      }),
    )
  const refused = await until('the limit is reached', async () => {
    const response = await upload(token, zip)
    return response.status === 429 ? response : undefined
  })
  assert.equal(((await refused.json()) as { code: string }).code, 'TOO_MANY_UPLOADS')
  assert.equal((await upload(ADMIN_TOKEN, zip)).status, 200)
  const [first, ...others] = wires
  first?.socket.destroy()
  await until('a client that leaves makes room', async () => (await upload(token, zip)).status === 200)
  for (const wire of others) await until('the others end in time', () => statusOf(wire.text()) === 408)
  const all = await Promise.all(Array.from({ length: MAX_UPLOADS }, () => upload(token, zip)))
  assert.deepEqual([...new Set(all.map(({ status }) => status))], [200])
  record({
    id: 'P2',
    area: 'http',
    title: 'more uploads of one token than it may have',
    culprit: '429',
    neighbour: { requests: 1, failed: 0 },
  })
})
