import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rename } from 'node:fs/promises'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, afterEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type ApiServer, openApi, problemOf } from '../../support/api-server.ts'
import { type PluginSource, pluginZip, startTestRuntime } from '../../support/runtime.ts'

const runtime = await startTestRuntime({ after })
const ZIP = { 'content-type': 'application/zip' }

afterEach(async () => {
  for (const { id } of await runtime.plugins.list())
    await runtime.plugins.uninstall(id, { data: 'delete', actor: 'test' })
})

async function installed(): Promise<readonly string[]> {
  return (await runtime.plugins.list()).map(({ id }) => id)
}

/** A zip of a small plugin. `filler` bytes do not shrink, so that the size of the zip can be chosen. */
function zipOf(
  plugin: Pick<PluginSource, 'id' | 'version' | 'manifest'>,
  filler = 0,
): Uint8Array<ArrayBuffer> {
  const files = filler === 0 ? {} : { 'filler.bin': randomBytes(filler) }
  return pluginZip({ ...plugin, files: { 'frontend/index.html': '<p>', ...files } })
}

function upload(
  api: ApiServer,
  body: BodyInit,
  options: { query?: string; headers?: Record<string, string>; path?: string } = {},
) {
  const { query = '', headers = {}, path = '/plugins' } = options
  return api.request(path + query, { method: 'POST', token: api.admin, body, headers })
}

function formOf(...parts: [name: string, value: Blob | string][]): FormData {
  const form = new FormData()
  for (const [name, value] of parts) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value, '../../x.zip')
  }
  return form
}

/** Chunks without a Content-Length. */
function streamOf(chunks: number, chunkBytes: number): ReadableStream<Uint8Array> {
  let sent = 0
  return new ReadableStream({
    pull(controller) {
      if (sent++ === chunks) controller.close()
      else controller.enqueue(new Uint8Array(chunkBytes))
    },
  })
}

test('an upload answers 201 for a new plugin and 200 for a new version and for the same again', async (t) => {
  const api = await openApi(t, runtime)
  const created = await upload(api, zipOf({ id: 'hello' }), { headers: ZIP })
  assert.equal(created.status, 201)
  assert.equal(created.headers.get('location'), '/api/v1/plugins/hello')
  const body = await created.json()
  assert.deepEqual([body.id, body.outcome, body.enabled, body.warnings], ['hello', 'created', true, []])
  const same = await upload(api, zipOf({ id: 'hello' }), { headers: ZIP })
  assert.deepEqual([same.status, (await same.json()).outcome], [200, 'unchanged'])
  const newer = await upload(api, zipOf({ id: 'hello', version: '1.1.0' }), { headers: ZIP })
  assert.deepEqual([newer.status, (await newer.json()).outcome], [200, 'updated'])
  assert.equal((await upload(api, zipOf({ id: 'hello' }), { headers: ZIP })).status, 409)
  assert.equal(
    (await upload(api, zipOf({ id: 'hello' }), { headers: ZIP, query: '?downgrade=true' })).status,
    200,
  )
  assert.deepEqual(await api.staged(), [])
})

test('a form with one file "package" is the same upload', async (t) => {
  const api = await openApi(t, runtime)
  const form = formOf(['package', new Blob([zipOf({ id: 'hello' }, 50_000)])])
  const response = await upload(api, form, { query: '?enable=false&grant=none' })
  assert.equal(response.status, 201)
  assert.equal((await response.json()).enabled, false)
  assert.deepEqual(await api.staged(), [])
})

test('a form that is anything else is refused and installs nothing', async (t) => {
  const api = await openApi(t, runtime)
  const zip = new Blob([zipOf({ id: 'hello' })])
  const forms = [
    formOf(),
    formOf(['package', 'text']),
    formOf(['file', zip]),
    formOf(['package', zip], ['package', zip]),
    formOf(['package', zip], ['other', zip]),
    formOf(['package', zip], ['grant', 'all']),
    formOf(['grant', 'all'], ['package', zip]),
  ]
  for (const [index, form] of forms.entries())
    assert.equal((await upload(api, form)).status, 400, `form ${index}`)
  const boundary = { 'content-type': 'multipart/form-data; boundary=x' }
  for (const body of [
    '',
    'nonsense',
    '--x\r\n',
    '--x\r\ncontent-disposition: form-data; name="package"; filename="a"\r\n\r\nabc',
  ]) {
    assert.equal((await upload(api, body, { headers: boundary })).status, 400, body)
  }
  assert.equal((await upload(api, 'x', { headers: { 'content-type': 'multipart/form-data' } })).status, 400)
  assert.deepEqual(await installed(), [])
  assert.deepEqual(await api.staged(), [])
})

test('other types and encoded bodies are refused', async (t) => {
  const api = await openApi(t, runtime)
  const zip = zipOf({ id: 'hello' })
  for (const type of [
    'application/octet-stream',
    'text/html',
    'application/json',
    'application/zippy',
    'multipart/mixed; boundary=x',
    '',
  ]) {
    assert.equal((await upload(api, zip, { headers: { 'content-type': type } })).status, 415, type)
  }
  for (const encoding of ['gzip', 'br', 'identity, gzip', 'x']) {
    const headers = { ...ZIP, 'content-encoding': encoding }
    assert.equal((await upload(api, new Uint8Array(gzipSync(zip)), { headers })).status, 415, encoding)
  }
  assert.equal((await upload(api, zip, { headers: { ...ZIP, 'content-encoding': 'identity' } })).status, 201)
})

test('an upload over the cap is refused, by length before reading and by count while reading', async (t) => {
  const api = await openApi(t, runtime, { maxArchiveBytes: 10_000 })
  for (const path of ['/plugins', '/packages/inspect']) {
    const declared = await upload(api, zipOf({ id: 'hello' }, 20_000), {
      headers: { ...ZIP, 'content-length': '20200' },
      path,
    })
    assert.equal((await problemOf(declared)).code, 'ARCHIVE_TOO_LARGE')
    const form = await upload(api, formOf(['package', new Blob([new Uint8Array(10_001)])]), { path })
    assert.equal(form.status, 413)
    const longForm = await upload(api, formOf(['package', new Blob([new Uint8Array(300_000)])]), { path })
    assert.equal(longForm.status, 413)
  }
  assert.deepEqual(await api.staged(), [])
  assert.deepEqual(await installed(), [])
  assert.equal((await upload(api, new Uint8Array(10_000), { headers: ZIP })).status, 422)
})

test('a chunked upload without a length stops at the cap, and the server goes on', async (t) => {
  const api = await openApi(t, runtime, { maxArchiveBytes: 100_000 })
  const url = await api.listen()
  const headers = { ...ZIP, authorization: `Bearer ${api.admin}` }
  const send = (chunks: number) =>
    fetch(`${url}/api/v1/plugins`, {
      method: 'POST',
      headers,
      body: streamOf(chunks, 10_000),
      duplex: 'half',
    } as RequestInit)
  assert.equal((await send(50)).status, 413)
  assert.deepEqual(await api.staged(), [])
  assert.equal((await send(10)).status, 422)
  const good = await fetch(`${url}/api/v1/plugins`, {
    method: 'POST',
    headers,
    body: zipOf({ id: 'hello' }, 60_000),
  })
  assert.equal(good.status, 201)
})

test('a client that sends without end is answered 413 and cut off', async (t) => {
  const api = await openApi(t, runtime, { maxArchiveBytes: 100_000 })
  const { port } = new URL(await api.listen())
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(
    `POST /api/v1/plugins HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.admin}\r\n` +
      'Content-Type: application/zip\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000), Buffer.from('\r\n')])
  const timer = setInterval(() => socket.write(chunk), 5)
  t.after(() => clearInterval(timer))
  const answer = await text(socket)
  clearInterval(timer)
  assert.match(answer, /^HTTP\/1\.1 413 /)
  assert.deepEqual(await api.staged(), [])
})

test('uploads broken off at any point leave no file behind', async (t) => {
  const api = await openApi(t, runtime, { maxArchiveBytes: 1_000_000 })
  const { port } = new URL(await api.listen())
  const body = zipOf({ id: 'hello' }, 200_000)
  for (let i = 0; i < 40; i++) {
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      `POST /api/v1/plugins HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.admin}\r\n` +
        `Content-Type: application/zip\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    const part = body.subarray(0, Math.floor((body.length * i) / 40))
    await new Promise((resolve) => socket.write(part, resolve))
    const closed = once(socket, 'close')
    if (i % 2 === 0) socket.destroy()
    else socket.resetAndDestroy()
    await closed
  }
  while ((await api.staged()).length > 0) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(await installed(), [])
})

test('an answer that fails leaves no file behind either', async (t) => {
  const api = await openApi(t, runtime)
  const { artifacts } = runtime.store.paths
  await rename(artifacts, `${artifacts}.away`)
  t.after(() => rename(`${artifacts}.away`, artifacts))
  const response = await upload(api, zipOf({ id: 'hello' }), { headers: ZIP })
  assert.equal(response.status, 500)
  assert.ok(!(await response.text()).includes(artifacts))
  assert.deepEqual(await api.staged(), [])
})

test('inspect answers 200 for good and bad archives, and stores nothing', async (t) => {
  const api = await openApi(t, runtime)
  const path = '/packages/inspect'
  const asked = { kv: true }
  const good = await (
    await upload(api, zipOf({ id: 'hello', manifest: { permissions: asked } }), { headers: ZIP, path })
  ).json()
  assert.deepEqual([good.ok, good.permissions], [true, { asked, added: asked, removed: {} }])
  const bad = await upload(api, 'not a zip', { headers: ZIP, path })
  assert.equal(bad.status, 200)
  const report = await bad.json()
  assert.deepEqual([report.ok, report.problems[0].code], [false, 'ARCHIVE_NOT_ZIP'])
  assert.deepEqual(await installed(), [])
  assert.deepEqual(await api.staged(), [])
})

test('a bad archive is refused with the problem, an empty one too', async (t) => {
  const api = await openApi(t, runtime)
  for (const body of ['not a zip', new Uint8Array(0)]) {
    const response = await upload(api, body, { headers: ZIP })
    assert.equal((await problemOf(response)).code, 'ARCHIVE_NOT_ZIP')
    assert.equal(response.status, 422)
  }
})

test('twenty uploads at once are twenty plugins, none mixed with another', async (t) => {
  const api = await openApi(t, runtime)
  const url = await api.listen()
  const ids = Array.from({ length: 20 }, (_, i) => `plugin-${i}`)
  const answers = await Promise.all(
    ids.map(async (id) => {
      const headers = { ...ZIP, authorization: `Bearer ${api.admin}` }
      const response = await fetch(`${url}/api/v1/plugins`, {
        method: 'POST',
        headers,
        body: zipOf({ id }, 20_000),
      })
      return [response.status, (await response.json()).id]
    }),
  )
  assert.deepEqual(
    answers,
    ids.map((id) => [201, id]),
  )
  assert.deepEqual(await api.staged(), [])
})
