// What a plugin has stored, as an administrator takes it out and puts it back, with the plugin running.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { serve } from '../../../runtime/serve.ts'
import type { DataImportAnswer } from '../../../sdk/api/data.ts'
import {
  ADMIN_TOKEN,
  api,
  backendOf,
  bothWays,
  codeOf,
  install,
  type PluginSource,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
} from '../../support/runtime.ts'

const TYPE = 'application/vnd.plugbay.data'
const TABLE = 'CREATE TABLE note (text TEXT NOT NULL);\n'
const BACKEND = backendOf(
  `
  started ??= await env.kv.get('mark')
  if (url.pathname === '/is-slow') return Response.json(isSlow)
  if (url.pathname === '/slow') {
    isSlow = true
    const before = await read(env)
    await new Promise((resolve) => setTimeout(resolve, 500))
    return Response.json([before, await read(env)])
  }
  if (request.method === 'POST') {
    const text = await request.text()
    await env.kv.put('mark', text)
    await env.db.batch([env.db.prepare('DELETE FROM note'), env.db.prepare('INSERT INTO note (text) VALUES (?)').bind(text)])
  }
  return Response.json({ ...(await read(env)), started })`,
  `let started
  let isSlow = false
  const read = async (env) => ({ key: await env.kv.get('mark'), row: (await env.db.prepare('SELECT * FROM note').first())?.text ?? null })`,
)

function notes(
  version = '1.0.0',
  more: Partial<PluginSource> & { readonly migrations?: Record<string, string> } = {},
) {
  const { migrations = { '0001.sql': TABLE }, ...rest } = more
  const files = Object.entries(migrations).map(([name, text]) => [`backend/migrations/${name}`, text])
  return {
    id: 'notes',
    version,
    backend: BACKEND,
    manifest: { permissions: { kv: true, database: true } },
    files: Object.fromEntries(files) as Record<string, string>,
    ...rest,
  }
}

const call = async (runtime: Runtime, path = '', body?: string) => {
  const init = body === undefined ? {} : { method: 'POST', body }
  return await createApp(runtime).request(`http://127.0.0.1:3000/plugins/notes/api/${path}`, init)
}
const ask = async (runtime: Runtime, body?: string) => (await call(runtime, '', body)).json()

async function take(runtime: Runtime, id = 'notes'): Promise<Buffer<ArrayBuffer>> {
  const response = await api(runtime, `/plugins/${id}/data`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), TYPE)
  assert.match(
    response.headers.get('content-disposition') ?? '',
    new RegExp(`^attachment; filename="${id}-\\d{4}-\\d\\d-\\d\\d\\.plugbay-data"$`),
  )
  const bytes = Buffer.from(await response.arrayBuffer())
  assert.equal(response.headers.get('content-length'), String(bytes.length))
  return bytes
}

function give(
  runtime: Runtime,
  bytes: Uint8Array<ArrayBuffer>,
  { id = 'notes', query = '', type = TYPE } = {},
): Promise<Response> {
  return api(runtime, `/plugins/${id}/data${query}`, {
    method: 'PUT',
    headers: { 'content-type': type },
    body: bytes,
  })
}

async function start(t: TestContext) {
  const runtime = await startTestRuntime(t)
  await install(runtime, notes())
  return runtime
}

test('a snapshot is exported and imported; the plugin restarts, and the audit log records both', async (t) => {
  const runtime = await start(t)
  await ask(runtime, 'first')
  const bytes = await take(runtime)
  assert.deepEqual(await ask(runtime, 'second'), { key: 'second', row: 'second', started: 'first' })
  const response = await give(runtime, bytes)
  assert.equal(response.status, 200)
  const answer = (await response.json()) as DataImportAnswer
  assert.deepEqual([answer.plugin, answer.version, answer.kvBytes], ['notes', '1.0.0', 9])
  assert.equal(answer.installation.id, 'notes')
  // "started" is what the instance read first: it is another one than before.
  assert.deepEqual(await ask(runtime), { key: 'first', row: 'first', started: 'first' })
  const { items } = await runtime.store.audit.list({ subject: 'notes' })
  const [importRow, exportRow] = items
  assert.deepEqual(
    [importRow?.action, importRow?.actor, exportRow?.action, exportRow?.actor],
    ['data.import', 'admin', 'data.export', 'admin'],
  )
  assert.deepEqual([exportRow?.detail.bytes, importRow?.detail.version], [bytes.length, '1.0.0'])
})

test('a request that is under way ends with the data that it began with; none sees half', async (t) => {
  const runtime = await start(t)
  await ask(runtime, 'new')
  const bytes = await take(runtime)
  await ask(runtime, 'old')
  const slow = call(runtime, 'slow')
  await until('the slow request runs', async () => (await call(runtime, 'is-slow')).json())
  const importing = give(runtime, bytes)
  const seen = new Set<string>()
  let isDone = false
  const asking = (async () => {
    while (!isDone) {
      const response = await call(runtime)
      if (response.status === 200) {
        const { key, row, started } = (await response.json()) as Record<string, string>
        seen.add(`${key} ${row} ${started}`)
      } else assert.equal(response.status, 503)
      // A refusal takes no turn of the event loop, and the import needs some.
      await new Promise(setImmediate)
    }
  })()
  const [{ status }, both] = await Promise.all([importing, slow.then((response) => response.json())]).finally(
    () => {
      isDone = true
    },
  )
  await asking
  assert.equal(status, 200)
  assert.deepEqual((both as unknown[])[0], (both as unknown[])[1])
  assert.deepEqual(await ask(runtime), { key: 'new', row: 'new', started: 'new' })
  for (const each of seen) assert.ok(['old old new', 'old old old', 'new new new'].includes(each), each)
})

test('the data of a plugin that is disabled is given out and replaced, and it stays disabled', async (t) => {
  const runtime = await start(t)
  await ask(runtime, 'first')
  await send(runtime, 'POST', '/plugins/notes/disable')
  const bytes = await take(runtime)
  const { installation } = (await (await give(runtime, bytes)).json()) as DataImportAnswer
  assert.equal(installation.state, 'disabled')
  await send(runtime, 'POST', '/plugins/notes/enable')
  assert.deepEqual(await ask(runtime), { key: 'first', row: 'first', started: 'first' })
})

test('kept data outlives the plugin: it is given out still, and put back when the plugin is installed again', async (t) => {
  const runtime = await start(t)
  await ask(runtime, 'first')
  assert.equal((await send(runtime, 'DELETE', '/plugins/notes?data=keep')).status, 204)
  const bytes = await take(runtime)
  // Whose limits and migrations would count?
  assert.deepEqual([(await give(runtime, bytes)).status], [404])
  await install(runtime, notes())
  assert.deepEqual(await ask(runtime), { key: 'first', row: 'first', started: 'first' })
  await send(runtime, 'DELETE', '/plugins/notes?data=delete')
  assert.equal((await api(runtime, '/plugins/notes/data')).status, 404)
  await install(runtime, notes())
  assert.deepEqual(await ask(runtime), { key: null, row: null, started: null })
  assert.equal((await give(runtime, bytes)).status, 200)
  assert.deepEqual(await ask(runtime), { key: 'first', row: 'first', started: 'first' })
  assert.equal((await api(runtime, '/plugins/nobody/data')).status, 404)
  assert.equal((await give(runtime, bytes, { id: 'nobody' })).status, 404)
})

test('a snapshot of another plugin needs "force"', async (t) => {
  const runtime = await start(t)
  await install(runtime, { ...notes(), id: 'other' })
  await ask(runtime, 'first')
  const bytes = await take(runtime)
  const refused = await give(runtime, bytes, { id: 'other' })
  assert.equal(refused.status, 409)
  assert.equal(await codeOf(refused), 'STATE_CONFLICT')
  assert.equal((await give(runtime, bytes, { id: 'other', query: '?force=true' })).status, 200)
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/other/api/')
  assert.deepEqual(await response.json(), { key: 'first', row: 'first', started: 'first' })
})

test('a snapshot of a server whose checkout has other line endings is taken', async (t) => {
  const runtime = await start(t)
  await ask(runtime, 'first')
  const bytes = await take(runtime)
  await send(runtime, 'DELETE', '/plugins/notes?data=delete')
  await install(runtime, notes('1.0.0', { migrations: { '0001.sql': TABLE.replace('\n', ' \r\n') } }))
  assert.equal((await give(runtime, bytes)).status, 200)
  assert.deepEqual(await ask(runtime), { key: 'first', row: 'first', started: 'first' })
  await send(runtime, 'DELETE', '/plugins/notes?data=delete')
  await install(runtime, notes('1.0.0', { migrations: { '0001.sql': TABLE.replace('text', 'text, more') } }))
  const refused = await give(runtime, bytes)
  assert.equal(refused.status, 409)
  const { problems } = (await refused.json()) as { problems: { message: string }[] }
  assert.match(
    problems[0]?.message ?? '',
    /migration "0001.sql", which release "1.0.0" has with other content/,
  )
})

test('an older snapshot is migrated, one of a later release is refused, and a failing migration changes nothing', async (t) => {
  const runtime = await start(t)
  await ask(runtime, 'first')
  const first = await take(runtime)
  const second = {
    '0001.sql': TABLE,
    '0002.sql': "ALTER TABLE note ADD COLUMN tag TEXT NOT NULL DEFAULT 'x'",
  }
  await install(runtime, notes('2.0.0', { migrations: second }))
  const later = await take(runtime)
  assert.equal((await give(runtime, first)).status, 200)
  assert.deepEqual(await ask(runtime), { key: 'first', row: 'first', started: 'first' })
  const state = await runtime.plugins.get('notes')
  assert.deepEqual([state.state === 'running' || state.state === 'idle', state.version], [true, '2.0.0'])
  await send(runtime, 'DELETE', '/plugins/notes?data=delete')
  await install(runtime, notes('1.0.0'))
  await ask(runtime, 'kept')
  const refused = await give(runtime, later)
  assert.equal(refused.status, 409)
  const { problems } = (await refused.json()) as { problems: { message: string; hint: string }[] }
  assert.match(problems[0]?.message ?? '', /migration "0002.sql", which release "1.0.0" does not know/)
  assert.match(problems[0]?.hint ?? '', /version "2.0.0"/)
  assert.deepEqual(await ask(runtime), { key: 'kept', row: 'kept', started: 'kept' })
  await send(runtime, 'DELETE', '/plugins/notes?data=delete')
  const unique = {
    '0001.sql': TABLE,
    '0002.sql': 'INSERT INTO note VALUES (1 / (SELECT count(*) = 0 FROM note))',
  }
  await install(runtime, notes('3.0.0', { migrations: unique }))
  await ask(runtime, 'kept')
  const failed = await give(runtime, first)
  assert.equal(failed.status, 422)
  assert.equal(await codeOf(failed), 'MIGRATION_FAILED')
  assert.deepEqual(await ask(runtime), { key: 'kept', row: 'kept', started: 'kept' })
})

bothWays(
  'only who manages plugins may have the data, and bodies of other types are refused',
  async (t, way) => {
    const runtime = await start(t)
    const client = await way.open(t, runtime)
    await ask(runtime, 'first')
    const bytes = await take(runtime)
    const audit = { actor: 'test', action: 'token.create' }
    const { token } = await runtime.store.principals.addToken(
      { name: 'viewer', permissions: ['plugins.view'] },
      audit,
    )
    const path = '/api/v1/plugins/notes/data'
    for (const method of ['GET', 'PUT']) {
      const body = method === 'PUT' ? { body: bytes } : {}
      const headers = { authorization: `Bearer ${token}`, 'content-type': TYPE }
      assert.equal((await client.fetch(path, { method, headers, ...body })).status, 403)
      assert.equal(
        (await client.fetch(path, { method, headers: { 'content-type': TYPE }, ...body })).status,
        401,
      )
    }
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const wrong = { ...headers, 'content-type': 'application/zip' }
    assert.equal((await client.fetch(path, { method: 'PUT', headers: wrong, body: bytes })).status, 415)
    const right = { ...headers, 'content-type': 'application/octet-stream' }
    assert.equal((await client.fetch(path, { method: 'PUT', headers: right, body: bytes })).status, 200)
    const damaged = Buffer.from(bytes)
    damaged.writeUInt8(damaged.readUInt8(bytes.length - 7) ^ 4, bytes.length - 7)
    const refused = await client.fetch(path, { method: 'PUT', headers: right, body: damaged })
    assert.equal(refused.status, 422)
    assert.equal(await codeOf(refused), 'SNAPSHOT_INVALID')
    const head = await client.fetch(path, { method: 'HEAD', headers })
    assert.deepEqual([head.status, head.headers.get('content-type')], [200, TYPE])
    assert.deepEqual(await ask(runtime), { key: 'first', row: 'first', started: 'first' })
  },
)

test('60 MB go out and come back through the server, and the runtime holds little of them', async (t) => {
  const runtime = await start(t)
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  await runtime.plugins.disable('notes', 'test')
  const large = new DatabaseSync(join(runtime.store.paths.pluginData, 'notes', 'db.sqlite'))
  large.exec(
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 60) INSERT INTO note SELECT hex(randomblob(500000)) FROM c',
  )
  large.close()
  const url = new URL(`http://127.0.0.1:${listening.port}/api/v1/plugins/notes/data`)
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': TYPE }
  const file = join(await temporaryFolder(t), 'snapshot')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // What is still in use, not what waits for the collector.
  const buffers = () => {
    collect()
    return process.memoryUsage().arrayBuffers
  }
  const before = buffers()
  let most = 0
  let count = 0
  const watched = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      if (++count % 64 === 0) most = Math.max(most, buffers() - before)
      yield chunk
    }
  }
  const got = await answerTo(httpRequest(url, { headers }).end())
  await pipeline(got, watched, createWriteStream(file))
  assert.ok((await stat(file)).size > 60_000_000)
  const putting = httpRequest(url, { method: 'PUT', headers })
  const answer = answerTo(putting)
  await pipeline(createReadStream(file), watched, putting)
  const text = Buffer.concat(await (await answer).toArray()).toString()
  assert.equal((await answer).statusCode, 200, text)
  assert.ok((JSON.parse(text) as DataImportAnswer).databaseBytes > 60_000_000)
  assert.ok(count > 1000, `${count} chunks`)
  // Client and server are one process here: both ends, and what the sockets hold.
  assert.ok(most < 40_000_000, `${most} bytes`)
})

async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return answer
}
