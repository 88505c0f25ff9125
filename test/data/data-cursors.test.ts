// Cursors of the data processes: what they read, where they stay, and what ends them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CursorBatch, OpenedCursor } from '../../runtime/data/data-cursors.ts'
import type { DataProcesses } from '../../runtime/data/data-processes.ts'
import { joinParts, splitParts, type WireResult } from '../../sdk/protocol/sql-wire.ts'
import { exported, imported, openTestData, QUOTA, sql } from './helpers.ts'

const MANY = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100000)'
const FILL = `INSERT INTO note ${MANY} SELECT x FROM c`
const ALL = Array.from({ length: 100_000 }, (_, n) => n + 1)
const ENDLESS = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c'

function open(data: DataProcesses, pluginId: string, text: string): Promise<OpenedCursor> {
  return data.openCursor(pluginId, joinParts(Buffer.from(JSON.stringify([{ sql: text, values: [] }])), []))
}

function valuesIn({ rows }: CursorBatch): unknown[] {
  const [batch] = JSON.parse(Buffer.from(splitParts(rows).text).toString()) as WireResult[]
  return (batch?.rows ?? []).map(([first]) => first)
}

async function rest({ cursor, ...first }: OpenedCursor): Promise<unknown[]> {
  const all = valuesIn(first)
  for (let batch: CursorBatch = first; !batch.isDone; ) {
    batch = await cursor.next()
    all.push(...valuesIn(batch))
  }
  return all
}

async function filled(t: Parameters<typeof openTestData>[0], ...ids: readonly string[]) {
  const { data } = await openTestData(t)
  for (const id of ids) await sql(data, id, 'CREATE TABLE note (x)', FILL)
  return data
}

test('a small result is there at once, a large one in batches', async (t) => {
  const data = await filled(t, 'a1')
  const small = await open(data, 'a1', 'SELECT x FROM note LIMIT 3')
  assert.deepEqual([small.isDone, valuesIn(small)], [true, [1, 2, 3]])
  await assert.rejects(small.cursor.next(), { code: 'HANDLE_CLOSED' })
  const large = await open(data, 'a1', 'SELECT x FROM note')
  assert.equal(large.isDone, false)
  assert.ok(large.rows.byteLength < 400_000, `${large.rows.byteLength} bytes in a batch`)
  assert.deepEqual(await rest(large), ALL)
  assert.deepEqual(await rest(await open(data, 'b2', 'SELECT 1 WHERE 0')), [])
})

test('rows are of the moment of the first step, whatever is written meanwhile', async (t) => {
  const data = await filled(t, 'a1')
  const opened = await open(data, 'a1', 'SELECT x FROM note')
  await sql(
    data,
    'a1',
    'DELETE FROM note WHERE x > 10',
    'INSERT INTO note VALUES (-1)',
    'CREATE TABLE more (y)',
  )
  await sql(data, 'a1', 'DROP TABLE note')
  assert.deepEqual(await rest(opened), ALL)
})

test('only statements that read are taken, and of those only what a plugin may read', async (t) => {
  const data = await filled(t, 'a1')
  const refusals = [
    ['INSERT INTO note VALUES (1) RETURNING x', /iterate\(\) reads: use run\(\)/],
    ['DELETE FROM note', /iterate\(\) reads: use run\(\)/],
    ['BEGIN', /transactions are made by env.db.batch/],
    ["ATTACH DATABASE '/tmp/x' AS y", /not authorized: ATTACH/],
    ['PRAGMA journal_mode = DELETE', /not available to plugins/],
    ['SELECT * FROM dbstat', /no such table|not available/],
    ['SELECT 1; SELECT 2', /one statement/],
    ['', /no statement/],
    ['SELECT \0', /NUL/],
    ['SELECT y FROM note', /no such column: y/],
  ] as const
  for (const [text, message] of refusals)
    await assert.rejects(open(data, 'a1', text), { code: 'DATABASE_ERROR', message }, text)
  const two = joinParts(Buffer.from(JSON.stringify([1, 2].map(() => ({ sql: 'SELECT 1', values: [] })))), [])
  for (const body of [undefined, new Uint8Array(3), Buffer.from('no'), two])
    await assert.rejects(data.openCursor('a1', body), { code: 'HOST_CALL_INVALID' })
  const [count] = await sql(data, 'a1', 'SELECT count(*) FROM note')
  assert.deepEqual(count, [[100_000]])
})

test('an error in the midst of the rows ends the cursor with the words of SQLite', async (t) => {
  const data = await filled(t, 'a1')
  const opened = await open(data, 'a1', "SELECT CASE WHEN x = 90000 THEN json('{') ELSE x END FROM note")
  await assert.rejects(rest(opened), { code: 'DATABASE_ERROR', message: /malformed JSON/ })
  await assert.rejects(opened.cursor.next(), { code: 'HANDLE_CLOSED' })
})

test('others are answered between two steps, and a cursor that is slow delays them no more than any call', async (t) => {
  const data = await filled(t, 'a1', 'b2', 'c3', 'd4')
  const opened = await Promise.all(['a1', 'b2', 'c3', 'd4'].map((id) => open(data, id, 'SELECT x FROM note')))
  for (const id of ['a1', 'b2', 'c3', 'd4']) assert.deepEqual(await sql(data, id, 'SELECT 1'), [[[1]]])
  for (const each of await Promise.all(opened.map(rest))) assert.equal(each.length, 100_000)
})

test('a plugin that moves to a process of its own takes its open cursors nowhere: they go on where they are', async (t) => {
  const data = await filled(t, 'a1')
  const before = data.pids.length
  const opened = await open(data, 'a1', 'SELECT x FROM note')
  await sql(data, 'a1', `${MANY} SELECT count(*) FROM c a, (SELECT x FROM c LIMIT 300) b`)
  await sql(data, 'a1', 'DELETE FROM note')
  assert.ok(data.pids.length > before, 'it has moved')
  assert.deepEqual(await rest(opened), ALL)
})

test('the end of its process ends a cursor, with a reason; the next one is of the successor', async (t) => {
  const data = await filled(t, 'a1')
  const opened = await open(data, 'a1', 'SELECT x FROM note')
  for (const pid of data.pids) process.kill(pid, 'SIGKILL')
  const gone = { code: 'HANDLE_CLOSED', message: /^The cursor is closed: .*process.* ended/ }
  await assert.rejects(async () => {
    for (;;) await opened.cursor.next()
  }, gone)
  await assert.rejects(opened.cursor.next(), { code: 'HANDLE_CLOSED' })
  await opened.cursor.close()
  assert.deepEqual(await rest(await open(data, 'a1', 'SELECT x FROM note')), ALL)
})

test('a step that never ends is ended like any call, and its cursor with it; no other plugin notices', async (t) => {
  const data = await filled(t, 'a1', 'b2', 'c3')
  const others = await Promise.all(['b2', 'c3'].map((id) => open(data, id, 'SELECT x FROM note LIMIT 60000')))
  await assert.rejects(open(data, 'a1', ENDLESS), { code: 'HOST_CALL_FAILED', message: /did not end within/ })
  assert.deepEqual(await sql(data, 'a1', 'SELECT count(*) FROM note'), [[[100_000]]])
  // One that was in the process that was ended says so.
  for (const outcome of await Promise.allSettled(others.map(rest)))
    if (outcome.status === 'rejected')
      assert.equal((outcome.reason as { code: string }).code, 'HANDLE_CLOSED')
  for (const id of ['b2', 'c3'])
    assert.equal((await rest(await open(data, id, 'SELECT x FROM note LIMIT 60000'))).length, 60_000)
})

test('an idle cursor is closed, one that is read from time to time is not', async (t) => {
  const { data } = await openTestData(t, { cursorIdleMs: 1500 })
  await sql(data, 'a1', 'CREATE TABLE note (x)', FILL)
  const [idle, read] = [
    await open(data, 'a1', 'SELECT x FROM note'),
    await open(data, 'a1', 'SELECT x FROM note'),
  ]
  for (let n = 0; n < 4; n++) {
    await new Promise((resolve) => setTimeout(resolve, 900))
    assert.equal((await read.cursor.next()).isDone, false)
  }
  const message = 'The cursor is closed: it was not read from for 1.5 s'
  await assert.rejects(idle.cursor.next(), { code: 'HANDLE_CLOSED', message })
})

test('changes that a cursor keeps in the log end it before they fill the disk', async (t) => {
  const data = await filled(t, 'a1')
  const opened = await open(data, 'a1', 'SELECT x FROM note')
  await sql(data, 'a1', 'CREATE TABLE big (x)', 'INSERT INTO big VALUES (zeroblob(1900000))')
  for (let n = 0; n < 80; n++) await sql(data, 'a1', 'UPDATE big SET x = randomblob(1900000)')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  await assert.rejects(opened.cursor.next(), { code: 'HANDLE_CLOSED', message: /64 MB were changed/ })
})

test('cursors that hold large sorts are ended before their process is, the largest first', async (t) => {
  const data = await filled(t, 'a1', 'b2')
  const sorted = (rows: number) =>
    `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT ${rows}) SELECT x, zeroblob(1500) FROM c ORDER BY -x`
  // A slow statement moves the plugin to a process of its own: on a quick machine only some of the sorts would.
  const slow =
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 5000000) SELECT count(*) FROM c'
  await rest(await open(data, 'a1', slow))
  const opened: OpenedCursor[] = []
  for (const rows of [60_000, 120_000, 70_000, 80_000, 90_000])
    opened.push(await open(data, 'a1', sorted(rows)))
  const steps = await Promise.allSettled(opened.map(({ cursor }) => cursor.next()))
  const ended = steps.flatMap((step) => (step.status === 'rejected' ? [String(step.reason)] : []))
  assert.ok(ended.length > 0 && ended.length < 5, ended.join())
  for (const reason of ended) assert.match(reason, /it holds too much memory/)
  assert.equal(steps[1]?.status, 'rejected', 'the largest')
  assert.equal((await rest(await open(data, 'b2', 'SELECT x FROM note'))).length, 100_000)
})

test('migrations and snapshots go on beside an open cursor; a restore and a deletion end it', async (t) => {
  const data = await filled(t, 'a1')
  const opened = await open(data, 'a1', 'SELECT x FROM note')
  const migration = {
    name: '1.sql',
    checksum: 'a',
    sql: 'ALTER TABLE note ADD COLUMN y; DELETE FROM note WHERE x > 5',
  }
  assert.deepEqual(await data.migrate('a1', [migration], QUOTA), { ok: true })
  const bytes = await exported(data, 'a1')
  assert.deepEqual(await rest(opened), ALL)
  const before = await open(data, 'a1', `${MANY} SELECT x FROM c`)
  await imported(data, 'a1', { bytes })
  await assert.rejects(before.cursor.next(), {
    code: 'HANDLE_CLOSED',
    message: /data of the plugin is replaced/,
  })
  assert.deepEqual(await rest(await open(data, 'a1', 'SELECT x FROM note')), [1, 2, 3, 4, 5])
  const last = await open(data, 'a1', `${MANY} SELECT x FROM c`)
  await data.remove('a1')
  await assert.rejects(last.cursor.next(), {
    code: 'HANDLE_CLOSED',
    message: /data of the plugin is deleted/,
  })
  await assert.rejects(open(data, 'a1', 'SELECT x FROM note'), /no such table/)
})
