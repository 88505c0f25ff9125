import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type DataProcesses, type Migration, openDataProcesses } from '../../runtime/data/data-processes.ts'
import { migrationChecksum } from '../../runtime/data/worker/db/migration-checksum.ts'
import { createLog } from '../../runtime/log.ts'
import { joinParts, splitParts, type WireResult } from '../../sdk/protocol/sql-wire.ts'

const ENDLESS = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c'

async function open(t: TestContext): Promise<{ readonly data: DataProcesses; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-data-'))
  const data = openDataProcesses({ folder, log: createLog('silent') })
  t.after(async () => {
    await data.close()
    await rm(folder, { recursive: true, force: true })
  })
  return { data, folder }
}

async function rows(data: DataProcesses, pluginId: string, sql: string): Promise<unknown> {
  const body = joinParts(Buffer.from(JSON.stringify([{ sql, values: [] }])), [])
  const answer = await data.call({ pluginId, method: 'db.query', args: '[]', quotaBytes: 64_000_000 }, body)
  const { text } = splitParts(answer.body ?? new Uint8Array())
  return (JSON.parse(Buffer.from(text).toString()) as readonly WireResult[])[0]?.rows
}

const put = (data: DataProcesses, pluginId: string) =>
  data.call({ pluginId, method: 'kv.put', args: '["k",{}]', quotaBytes: 1e6 }, Buffer.from('v'))

test('a call that never ends delays no other plugin, and is the only one that fails', async (t) => {
  const { data } = await open(t)
  const ids = ['a1', 'b2', 'c3', 'd4', 'e5', 'f6']
  for (const id of ids) assert.deepEqual(await rows(data, id, 'CREATE TABLE note (x)'), [])
  let hasEnded = false
  const endless = assert
    .rejects(rows(data, 'a1', ENDLESS), { code: 'HOST_CALL_FAILED', message: /did not end within/ })
    .finally(() => {
      hasEnded = true
    })
  const behind = rows(data, 'a1', 'SELECT 1')
  await Promise.all(
    ids.slice(1).map(async (id) => {
      await rows(data, id, 'INSERT INTO note VALUES (1)')
      await put(data, id)
      assert.deepEqual(await rows(data, id, 'SELECT x FROM note'), [[1]])
    }),
  )
  assert.equal(hasEnded, false, 'the others were answered while it ran')
  await endless
  assert.deepEqual(await behind, [[1]])
  assert.deepEqual(await rows(data, 'a1', 'SELECT count(*) FROM note'), [[0]])
})

test('plugins that are all slow at once are all ended, and all go on', async (t) => {
  const { data } = await open(t)
  const ids = ['a1', 'b2', 'c3', 'd4', 'e5', 'f6', 'g7', 'h8']
  const endless = ids.map((id) => assert.rejects(rows(data, id, ENDLESS), { code: 'HOST_CALL_FAILED' }))
  await rows(data, 'quick', 'SELECT 1')
  await Promise.all(endless)
  for (const id of ids) assert.deepEqual(await rows(data, id, 'SELECT 1'), [[1]])
})

test('a write that is ended in its midst has not happened', async (t) => {
  const { data } = await open(t)
  await rows(data, 'a1', 'CREATE TABLE note (x)')
  await assert.rejects(
    rows(data, 'a1', `INSERT INTO note ${ENDLESS.replace('count(*)', 'zeroblob(100)')} LIMIT 1e9`),
  )
  assert.deepEqual(await rows(data, 'a1', 'SELECT count(*) FROM note'), [[0]])
})

test('a call that fails right behind one that succeeds is answered', async (t) => {
  const { data } = await open(t)
  await put(data, 'a1')
  const refused = { pluginId: 'a1', method: 'kv.get', args: '[7]', quotaBytes: 1e6 } as const
  await Promise.all([
    put(data, 'a1'),
    assert.rejects(data.call(refused, undefined), { code: 'HOST_CALL_INVALID' }),
    put(data, 'a1'),
  ])
})

const migration = (name: string, sql: string, checksum = `sum of ${name}`): Migration => ({
  name,
  checksum,
  sql,
})

test('migrations run once, in order, and calls of the plugin wait for them', async (t) => {
  const { data } = await open(t)
  const first = [
    migration(
      '1.sql',
      '-- first\nCREATE TABLE note (x);\n\nINSERT INTO note VALUES (1);; SELECT * FROM note;\n',
    ),
  ]
  assert.deepEqual(await data.migrationState('a1', first), { missing: ['1.sql'], changed: [] })
  const done = data.migrate('a1', first, 64_000_000)
  assert.deepEqual(await rows(data, 'a1', 'SELECT x FROM note'), [[1]])
  assert.deepEqual(await done, { ok: true })
  const both = [...first, migration('2.sql', 'ALTER TABLE note ADD COLUMN y DEFAULT 2')]
  assert.deepEqual(await data.migrationState('a1', both), { missing: ['2.sql'], changed: [] })
  assert.deepEqual(await data.migrate('a1', both, 64_000_000), { ok: true })
  assert.deepEqual(await data.migrate('a1', both, 64_000_000), { ok: true })
  assert.deepEqual(await rows(data, 'a1', 'SELECT x, y FROM note'), [[1, 2]])
  assert.deepEqual(await rows(data, 'a1', 'SELECT name, checksum FROM _plugbay_migrations'), [
    ['1.sql', migrationChecksum(first[0]?.sql ?? '')],
    ['2.sql', migrationChecksum(both[1]?.sql ?? '')],
  ])
  assert.deepEqual(
    await data.migrationState('a1', [migration('1.sql', ''), { ...both[1], name: '2.sql' } as Migration]),
    {
      missing: [],
      changed: ['1.sql'],
    },
  )
})

test('when one migration fails, none takes effect; the error names file, line and sentence', async (t) => {
  const { data } = await open(t)
  const list = (last: string) => [migration('1.sql', 'CREATE TABLE note (x)'), migration('2.sql', last)]
  const cases = [
    ['CREATE TABLE a (x);\n/* two\nlines */\n\nCREATE TABEL b (x);', 5, /near "TABEL": syntax error/],
    ['INSERT INTO missing VALUES (1)', 1, /no such table: missing/],
    ["\n-- x\nATTACH DATABASE '/tmp/x' AS y", 3, /not authorized: ATTACH/],
    ['COMMIT;', 1, /every migration is in one/],
    ['ROLLBACK; SELECT 1', 1, /every migration is in one/],
    ['DELETE FROM _plugbay_migrations', 1, /can be read only/],
    ['PRAGMA journal_mode = DELETE', 1, /not available/],
    [
      'CREATE TABLE big AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT randomblob(1000) FROM c',
      1,
      /larger than allowed/,
    ],
  ] as const
  for (const [sql, line, message] of cases) {
    const outcome = await data.migrate('a1', list(sql), 2_000_000)
    assert.ok(!outcome.ok)
    assert.deepEqual([outcome.name, outcome.line], ['2.sql', line], sql)
    assert.match(outcome.message, message)
    assert.deepEqual(
      await rows(data, 'a1', "SELECT name FROM sqlite_schema WHERE name NOT LIKE '%plugbay%'"),
      [],
      sql,
    )
  }
})

test('a table is recreated with foreign keys off, as SQLite advises, and a row left without its parent is refused', async (t) => {
  const { data } = await open(t)
  const before = `
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (parent INTEGER REFERENCES parent ON DELETE CASCADE);
    INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1);`
  const anew = `
    PRAGMA foreign_keys=OFF;
    CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO new_parent (id) SELECT id FROM parent;
    DROP TABLE parent;
    ALTER TABLE new_parent RENAME TO parent;
    PRAGMA foreign_keys=ON;`
  const list = [migration('1.sql', before), migration('2.sql', anew)]
  assert.deepEqual(await data.migrate('a1', list, 64_000_000), { ok: true })
  assert.deepEqual(
    await rows(data, 'a1', 'SELECT parent.id FROM child JOIN parent ON parent.id = child.parent'),
    [[1]],
  )
  const broken = [...list, migration('3.sql', 'PRAGMA foreign_keys=OFF; DELETE FROM parent')]
  assert.deepEqual(await data.migrate('a1', broken, 64_000_000), {
    ok: false,
    name: '3.sql',
    line: null,
    message: 'a row of "child" refers to none in "parent"',
  })
  assert.deepEqual(await rows(data, 'a1', 'SELECT count(*) FROM parent'), [[1]])
  await assert.rejects(rows(data, 'a1', 'INSERT INTO child VALUES (9)'), /FOREIGN KEY constraint failed/)
})

test('a process that is killed from outside leaves every write done once or failed, however many were queued', async (t) => {
  const { data } = await open(t)
  await rows(data, 'a1', 'CREATE TABLE note (x)')
  let failed = 0
  for (let round = 0; round < 8; round++) {
    const values = Array.from({ length: 400 }, (_, n) => round * 1000 + n)
    const outcomes = values.map((x) => rows(data, 'a1', `INSERT INTO note VALUES (${x})`))
    // Somewhere in the midst of them.
    await new Promise((resolve) => setTimeout(resolve, 10 + 15 * round))
    for (const pid of data.pids) process.kill(pid, 'SIGKILL')
    const settled = await Promise.allSettled(outcomes)
    const read = () => rows(data, 'a1', `SELECT x FROM note WHERE x >= ${round * 1000}`)
    // Where all had been done before, it is the read that finds the process gone.
    const kept = ((await read().catch(read)) as number[][]).flat()
    assert.equal(new Set(kept).size, kept.length, `round ${round}: a write was done twice`)
    for (const [n, outcome] of settled.entries()) {
      if (outcome.status === 'fulfilled')
        assert.ok(kept.includes(values[n] ?? -1), `round ${round}: a write is lost`)
      else failed++
    }
  }
  assert.ok(failed <= 8, `${failed} calls failed: one for each kill at most`)
})

test('a process that takes long to start, on a machine that has much to do, is waited for', async (t) => {
  const { data } = await open(t)
  const written = put(data, 'a1')
  const [pid = 0] = data.pids
  process.kill(pid, 'SIGSTOP')
  // Longer than a call may take.
  await new Promise((resolve) => setTimeout(resolve, 6000))
  process.kill(pid, 'SIGCONT')
  await written
  assert.deepEqual(data.pids, [pid])
})
