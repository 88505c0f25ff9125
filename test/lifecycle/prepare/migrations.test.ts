// Migrations as an upload meets them: before a release goes live, or not at all.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import {
  api,
  backendOf,
  install,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  upload,
} from '../../support/runtime.ts'

const FIRST = 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);\n'
const BACKEND = backendOf(`
  if (request.method === 'POST') await env.db.prepare('INSERT INTO note (text) VALUES (?)').bind(await request.text()).run()
  return Response.json((await env.db.prepare('SELECT * FROM note').all()).results)`)

function notes(
  version: string,
  migrations: Readonly<Record<string, string>>,
  more: Partial<PluginSource> = {},
): PluginSource {
  const files = Object.entries(migrations).map(([name, sql]) => [`backend/migrations/${name}`, sql])
  return {
    id: 'notes',
    version,
    backend: BACKEND,
    manifest: { permissions: { database: true } },
    files: Object.fromEntries(files),
    ...more,
  }
}

const ask = async (runtime: Runtime, body?: string): Promise<unknown> => {
  const init = body === undefined ? {} : { method: 'POST', body }
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/notes/api/', init)
  return response.ok ? await response.json() : response.status
}

interface Refusal {
  readonly code: string
  readonly problems: readonly { readonly message: string; readonly file?: string; readonly line?: number }[]
}

async function refused(
  runtime: Runtime,
  source: PluginSource,
): Promise<Refusal & { readonly status: number }> {
  const response = await upload(runtime, pluginZip(source))
  return { ...((await response.json()) as Refusal), status: response.status }
}

const start = (t: TestContext) => startTestRuntime(t)

test('a new release finds its tables, and the data of the one before', async (t) => {
  const runtime = await start(t)
  const installed = await install(runtime, notes('1.0.0', { '0001.sql': FIRST }))
  assert.equal(installed.problem, null)
  assert.deepEqual(await ask(runtime, 'tea'), [{ id: 1, text: 'tea' }])
  await install(
    runtime,
    notes('1.1.0', { '0001.sql': FIRST, '0002.sql': "ALTER TABLE note ADD COLUMN tag TEXT DEFAULT 'x'" }),
  )
  assert.deepEqual(await ask(runtime), [{ id: 1, text: 'tea', tag: 'x' }])
})

test('an update whose migration fails is refused with file and line; the old release and its data go on', async (t) => {
  const runtime = await start(t)
  await install(runtime, notes('1.0.0', { '0001.sql': FIRST }))
  await ask(runtime, 'tea')
  const migrations = {
    '0001.sql': FIRST,
    '0002.sql': 'DROP TABLE note;',
    '0003.sql': '\n\nCREATE TABEL x (y);',
  }
  const answer = await refused(runtime, notes('2.0.0', migrations))
  assert.deepEqual([answer.status, answer.code], [422, 'MIGRATION_FAILED'])
  const [problem] = answer.problems
  assert.deepEqual([problem?.file, problem?.line], ['backend/migrations/0003.sql', 3])
  assert.match(problem?.message ?? '', /near "TABEL": syntax error/)
  assert.deepEqual(await ask(runtime), [{ id: 1, text: 'tea' }])
  const { version } = (await (await api(runtime, '/plugins/notes')).json()) as { version: string }
  assert.equal(version, '1.0.0')
})

test('a migration that was applied may not change', async (t) => {
  const runtime = await start(t)
  await install(runtime, notes('1.0.0', { '0001.sql': FIRST }))
  const answer = await refused(runtime, notes('1.1.0', { '0001.sql': `${FIRST}-- more` }))
  assert.equal(answer.code, 'MIGRATION_FAILED')
  assert.match(answer.problems[0]?.message ?? '', /"0001\.sql" was applied with other content/)
  assert.deepEqual(await ask(runtime), [])
})

test('a checkout with other line endings, a BOM, or blanks at ends is the same migration', async (t) => {
  const runtime = await start(t)
  await install(runtime, notes('1.0.0', { '0001.sql': FIRST }))
  await ask(runtime, 'tea')
  const second = "ALTER TABLE note ADD COLUMN tag TEXT\r\n  DEFAULT 'x\r\ny';"
  const windows = { '0001.sql': `\ufeff${FIRST.replaceAll('\n', ' \r\n')}`, '0002.sql': second }
  assert.equal((await install(runtime, notes('1.1.0', windows))).problem, null)
  // A string over several lines has the same value from any checkout.
  assert.deepEqual(await ask(runtime), [{ id: 1, text: 'tea', tag: 'x\ny' }])
  const linux = { '0001.sql': FIRST.trimEnd(), '0002.sql': `${second.replaceAll('\r', '')}\n` }
  assert.equal((await install(runtime, notes('1.2.0', linux))).problem, null)
  assert.equal((await send(runtime, 'POST', '/plugins/notes/rollback')).status, 200)
  assert.deepEqual(await ask(runtime), [{ id: 1, text: 'tea', tag: 'x\ny' }])
})

test('a database whose checksums are those of the bytes, as before, takes the next release', async (t) => {
  const data = await temporaryFolder(t)
  const before = await startTestRuntime(t, { config: { data } })
  const blanks = FIRST.replace('\n', ' \r\n')
  await install(before, notes('1.0.0', { '0001.sql': blanks }))
  await ask(before, 'tea')
  await before.close()
  const file = new DatabaseSync(join(data, 'plugin-data', 'notes', 'db.sqlite'))
  const checksum = createHash('sha256').update(blanks).digest('hex')
  file.prepare('UPDATE _plugbay_migrations SET checksum = ?').run(checksum)
  file.close()
  const again = await startTestRuntime(t, { config: { data } })
  assert.deepEqual(await ask(again), [{ id: 1, text: 'tea' }])
  assert.equal((await install(again, notes('1.1.0', { '0001.sql': blanks.replace('\r', '') }))).problem, null)
  assert.deepEqual(await ask(again), [{ id: 1, text: 'tea' }])
})

test('a trigger with CASE … END, a column named "end" and CRLF is one statement', async (t) => {
  const runtime = await startTestRuntime(t)
  const trigger = `CREATE TABLE span ("end" TEXT);
CREATE TRIGGER noted AFTER INSERT ON note BEGIN
  UPDATE note SET text = CASE WHEN length(NEW.text) > 3 THEN 'long; END' ELSE CASE NEW.text WHEN 'a' THEN 'first' ELSE 'short' END END WHERE id = NEW.id;
  INSERT INTO span ("end") VALUES (NEW.text); -- END;
END;
INSERT INTO note (text) VALUES ('several words');`
  await install(runtime, notes('1.0.0', { '0001.sql': FIRST, '0002.sql': trigger.replaceAll('\n', '\r\n') }))
  assert.deepEqual(await ask(runtime), [{ id: 1, text: 'long; END' }])
  await ask(runtime, 'a')
  assert.deepEqual(await ask(runtime, 'b'), [
    { id: 1, text: 'long; END' },
    { id: 2, text: 'first' },
    { id: 3, text: 'short' },
  ])
})

test('migrations in folders of their own run by the names of these, among the others', async (t) => {
  const runtime = await start(t)
  const migrations = {
    '0001_a/migration.sql': FIRST,
    '0001_a/snapshot.json': '{}',
    '0002.sql': "ALTER TABLE note ADD COLUMN tag TEXT DEFAULT 'x'",
    '0003_b/migration.sql': "ALTER TABLE note ADD COLUMN more TEXT DEFAULT 'y'",
  }
  const installed = await install(runtime, notes('1.0.0', migrations))
  assert.equal(installed.problem, null)
  assert.deepEqual(await ask(runtime, 'tea'), [{ id: 1, text: 'tea', tag: 'x', more: 'y' }])
  const broken = { ...migrations, '0004_c/migration.sql': '\nCREATE TABEL x (y)' }
  const answer = await refused(runtime, notes('1.1.0', broken))
  assert.deepEqual(
    [answer.problems[0]?.file, answer.problems[0]?.line],
    ['backend/migrations/0004_c/migration.sql', 2],
  )
})

test('SQL files where nothing runs them are named, with their place', async (t) => {
  const runtime = await start(t)
  const source = notes('1.0.0', {})
  const files = {
    'backend/migrations/0001.SQL': FIRST,
    'db/Migrations/0002.sql': FIRST,
    'backend/drizzle/0003_x/migration.sql': FIRST,
    'migrations/0004.sql': FIRST,
    'frontend/index.html': '<p>',
    'frontend/sample.sql': FIRST,
    'backend/node_modules/x/schema.sql': FIRST,
  }
  const response = await upload(runtime, pluginZip({ ...source, files }))
  const { warnings } = (await response.json()) as { warnings: { message: string; hint: string }[] }
  const places = warnings.map(({ message, hint }) => [message, hint].map((text) => text.split('"')[1]))
  assert.deepEqual(places.toSorted(), [
    ['backend/drizzle/0003_x/migration.sql', 'backend/migrations/0003_x/migration.sql'],
    ['backend/migrations/0001.SQL', 'backend/migrations/0001.sql'],
    ['db/Migrations/0002.sql', 'backend/migrations/0002.sql'],
    ['migrations/0004.sql', 'backend/migrations/0004.sql'],
  ])
})

test('a backend that does not load changes no data', async (t) => {
  const runtime = await start(t)
  await install(runtime, notes('1.0.0', { '0001.sql': FIRST }))
  await ask(runtime, 'tea')
  const broken = { backend: `throw new Error('no')\n${BACKEND}` }
  const answer = await refused(
    runtime,
    notes('2.0.0', { '0001.sql': FIRST, '0002.sql': 'DROP TABLE note' }, broken),
  )
  assert.equal(answer.code, 'LOAD_FAILED')
  assert.deepEqual(await ask(runtime), [{ id: 1, text: 'tea' }])
})

test('a first release whose migration fails is installed and says why; the next one repairs it', async (t) => {
  const runtime = await start(t)
  const installed = await install(runtime, notes('1.0.0', { '0001.sql': 'CREATE TABEL note (x)' }))
  assert.deepEqual([installed.state, installed.problem?.code], ['failed', 'MIGRATION_FAILED'])
  assert.equal(installed.problem?.file, 'backend/migrations/0001.sql')
  assert.equal(await ask(runtime), 503)
  const repaired = await install(runtime, notes('1.0.1', { '0001.sql': FIRST }))
  assert.equal(repaired.problem, null)
  assert.deepEqual(await ask(runtime), [])
})

test('without the grant nothing runs; with it the tables are there at once', async (t) => {
  const runtime = await start(t)
  const installed = await install(runtime, notes('1.0.0', { '0001.sql': FIRST }), { grant: 'none' })
  assert.equal(installed.state, 'waiting-approval')
  const granted = await send(runtime, 'PUT', '/plugins/notes/grants', { database: true })
  assert.equal(granted.status, 200, await granted.text())
  // Public access was not granted either.
  assert.equal((await send(runtime, 'PUT', '/plugins/notes/access', 'public')).status, 200)
  assert.deepEqual(await ask(runtime), [])
})

test('a rollback keeps the newer tables, and the way forward is open', async (t) => {
  const runtime = await start(t)
  const second = { '0001.sql': FIRST, '0002.sql': "ALTER TABLE note ADD COLUMN tag TEXT DEFAULT 'x'" }
  await install(runtime, notes('1.0.0', { '0001.sql': FIRST }))
  await install(runtime, notes('1.1.0', second))
  assert.equal((await send(runtime, 'POST', '/plugins/notes/rollback')).status, 200)
  assert.deepEqual(await ask(runtime, 'tea'), [{ id: 1, text: 'tea', tag: 'x' }])
  await install(runtime, notes('1.2.0', second))
  assert.deepEqual(await ask(runtime), [{ id: 1, text: 'tea', tag: 'x' }])
})

test('data that is missing when the server starts is recreated before the first request', async (t) => {
  const data = await temporaryFolder(t)
  const before = await startTestRuntime(t, { config: { data } })
  await install(before, notes('1.0.0', { '0001.sql': FIRST }))
  await ask(before, 'tea')
  await before.close()
  const again = await startTestRuntime(t, { config: { data } })
  assert.deepEqual(await ask(again), [{ id: 1, text: 'tea' }])
  await again.close()
  await rm(join(data, 'plugin-data'), { recursive: true })
  const anew = await startTestRuntime(t, { config: { data } })
  assert.deepEqual(await ask(anew), [])
})

test('files that cannot be migrations are refused, and ones that nothing would use are named', async (t) => {
  const runtime = await start(t)
  const latin = new Uint8Array([0x2d, 0x2d, 0xe9])
  const answer = await refused(runtime, {
    ...notes('1.0.0', { '0001.sql': 'SELECT 1\0' }),
    files: { 'backend/migrations/0001.sql': 'SELECT 1\0', 'backend/migrations/0002.sql': latin },
  })
  assert.deepEqual(
    answer.problems.map(({ message, file }) => [message, file]),
    [
      ['The migration holds a NUL character', 'backend/migrations/0001.sql'],
      ['The migration is not text in UTF-8', 'backend/migrations/0002.sql'],
    ],
  )
  const response = await upload(
    runtime,
    pluginZip(notes('1.0.0', { '0001.sql': FIRST, 'old/0000.sql': FIRST }, { manifest: {} })),
  )
  const { warnings } = (await response.json()) as { warnings: readonly { message: string }[] }
  assert.deepEqual(
    warnings.map(({ message }) => message),
    [
      '"backend/migrations/old/0000.sql" is not run: migrations are the SQL files of "backend/migrations/"',
      'The migrations are not used: the plugin does not ask for a database',
    ],
  )
})
