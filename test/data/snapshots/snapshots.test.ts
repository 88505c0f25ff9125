// Snapshots of a plugin's data: of one moment, complete, and put in place as a whole or not at all.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { exported, get, imported, inPieces, openTestData, put, QUOTA, received, sql } from '../helpers.ts'

const ROOMS = '.transfers'

test('what a plugin has stored comes back: values, metadata, expirations, versions, tables, triggers, full text', async (t) => {
  const { data, folder } = await openTestData(t)
  await put(data, 'a1', 'plain', { value: 'tea' })
  const version = await put(data, 'a1', 'rich', {
    value: Uint8Array.of(0, 255, 1),
    options: { metadata: { by: 'me' }, expirationTtl: 5000 },
  })
  await put(data, 'a1', 'empty', { value: '' })
  await put(data, 'a1', 'short', { value: 'gone by then', options: { expirationTtl: 1 } })
  await sql(
    data,
    'a1',
    'CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT UNIQUE, data BLOB, n REAL, twice AS (n * 2))',
    'CREATE VIRTUAL TABLE found USING fts5(text, content=note, content_rowid=id)',
    'CREATE VIRTUAL TABLE place USING rtree(id, a, b)',
    'CREATE TRIGGER copy AFTER INSERT ON note BEGIN INSERT INTO found (rowid, text) VALUES (new.id, new.text); END',
    'CREATE INDEX by_n ON note (n) WHERE n > 0',
    'CREATE VIEW big AS SELECT * FROM note WHERE n > 1',
    'CREATE TABLE word (w TEXT PRIMARY KEY) WITHOUT ROWID, STRICT',
    "INSERT INTO note (text, data, n) VALUES ('green tea', x'00ff', 1.5), ('black tea', NULL, NULL)",
    'INSERT INTO place VALUES (1, 2.0, 3.0)',
    'DELETE FROM note WHERE id = 2',
    'ANALYZE',
  )
  await sql(data, 'a1', 'PRAGMA optimize')
  const bytes = await exported(data, 'a1')
  await put(data, 'a1', 'later', { value: 'not in it' })
  await put(data, 'a1', 'plain', { value: 'coffee' })
  await sql(data, 'a1', 'DROP TABLE word', "INSERT INTO note (text) VALUES ('white tea')")
  for (const id of ['a1', 'b2']) {
    await imported(data, id, { bytes, rules: { from: 'a1' } })
    assert.equal(await get(data, id, 'plain'), 'tea')
    assert.equal(await get(data, id, 'empty'), '')
    assert.equal(await get(data, id, 'later'), undefined)
    const rich = await data.call(
      { pluginId: id, method: 'kv.get', args: '["rich"]', quotaBytes: QUOTA },
      undefined,
    )
    assert.deepEqual(JSON.parse(rich.text), { found: true, version, metadata: { by: 'me' } })
    assert.deepEqual([...(rich.body ?? [])], [0, 255, 1])
    assert.deepEqual(
      await sql(
        data,
        id,
        'SELECT id, text, hex(data), twice FROM big',
        "SELECT rowid FROM found WHERE found MATCH 'green'",
        'SELECT id FROM place WHERE a < 3',
        "INSERT INTO note (text) VALUES ('new') RETURNING id",
        "SELECT text FROM found WHERE found MATCH 'new'",
        'SELECT count(*) FROM word',
      ),
      [[[1, 'green tea', '00FF', 3]], [[1]], [[1]], [[3]], [['new']], [[0]]],
    )
    const next = await put(data, id, 'next', { value: '1' })
    assert.ok(Number(next) > Number(version) + 2, 'no version is given out twice')
  }
  assert.deepEqual(await readdir(join(folder, ROOMS)), [])
})

test('a snapshot of a plugin without data is empty, and empties the data of another', async (t) => {
  const { data, folder } = await openTestData(t)
  assert.equal(await data.snapshots.hasData('a1'), false)
  const bytes = await exported(data, 'a1')
  assert.ok(bytes.length < 400)
  assert.equal(existsSync(join(folder, 'a1')), false)
  await put(data, 'b2', 'k', { value: 'v' })
  assert.equal(await data.snapshots.hasData('b2'), true)
  await sql(data, 'b2', 'CREATE TABLE t (x)')
  await imported(data, 'b2', { bytes, rules: { from: null } })
  assert.equal(await get(data, 'b2', 'k'), undefined)
  assert.deepEqual(await sql(data, 'b2', "SELECT name FROM sqlite_schema WHERE name = 't'"), [[]])
})

test('a snapshot is of one moment while the plugin writes, in the database and between it and the keys', async (t) => {
  const { data } = await openTestData(t)
  await sql(
    data,
    'a1',
    'CREATE TABLE debit (n, pad)',
    'CREATE TABLE credit (n)',
    // Enough that the copy takes several steps.
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 4000) INSERT INTO debit SELECT 0, randomblob(4000) FROM c',
    'INSERT INTO credit VALUES (0)',
  )
  await put(data, 'a1', 'n', { value: '0' })
  let n = 0
  let isDone = false
  const writing = (async () => {
    while (!isDone) {
      n++
      // First the one, then the other: at any moment they are the same, or one apart.
      await sql(
        data,
        'a1',
        ['INSERT INTO debit VALUES (?, randomblob(2000))', n],
        ['UPDATE credit SET n = ?', n],
      )
      await put(data, 'a1', 'n', { value: String(n) })
    }
  })()
  const before: number[] = []
  for (let round = 0; round < 2; round++) {
    const start = n
    const bytes = await exported(data, 'a1')
    await imported(data, 'b2', { bytes, rules: { from: 'a1' } })
    const [[[debit]], [[credit]]] = (await sql(
      data,
      'b2',
      'SELECT max(n) FROM debit',
      'SELECT n FROM credit',
    )) as [[[number]], [[number]]]
    assert.equal(debit, credit)
    const key = Number(await get(data, 'b2', 'n'))
    assert.ok(debit === key || debit === key + 1, `${debit} and ${key}`)
    before.push(start)
    assert.ok(debit >= start - 1)
  }
  const last = n
  isDone = true
  await writing
  assert.ok(last > (before[0] ?? 0), 'the plugin wrote while snapshots were made')
})

test('while a snapshot is received the plugin goes on, and sees the old data or the new, not both', async (t) => {
  const { data } = await openTestData(t)
  const fill = async (text: string) => {
    await sql(data, 'a1', ['DELETE FROM mark'], ['INSERT INTO mark VALUES (?)', text])
    await put(data, 'a1', 'mark', { value: text })
  }
  await sql(data, 'a1', 'CREATE TABLE mark (text)')
  await fill('new')
  const bytes = await exported(data, 'a1')
  await fill('old')
  const seen: string[] = []
  let isDone = false
  const reading = (async () => {
    while (!isDone) {
      const both = [sql(data, 'a1', 'SELECT text FROM mark'), get(data, 'a1', 'mark')] as const
      const [[rows], key] = await Promise.all(both)
      seen.push(`${(rows as readonly string[][])[0]?.[0]} ${key}`)
    }
  })()
  await imported(data, 'a1', { bytes })
  isDone = true
  await reading
  assert.equal(await get(data, 'a1', 'mark'), 'new')
  const allowed = new Set(['old old', 'new new'])
  assert.deepEqual(
    seen.filter((pair) => !allowed.has(pair)),
    [],
  )
  assert.equal(seen[0], 'old old')
})

async function marked(t: TestContext) {
  const opened = await openTestData(t)
  const { data } = opened
  const fill = async (text: string) => {
    await sql(data, 'a1', 'CREATE TABLE IF NOT EXISTS mark (text)', 'DELETE FROM mark', [
      'INSERT INTO mark VALUES (?)',
      text,
    ])
    await put(data, 'a1', 'mark', { value: text })
  }
  const marks = async () => {
    const [rows] = await sql(data, 'a1', 'SELECT text FROM mark')
    return [(rows as readonly string[][])[0]?.[0], await get(data, 'a1', 'mark')]
  }
  await fill('new')
  const bytes = await exported(data, 'a1')
  await fill('old')
  return { ...opened, bytes, marks, fill }
}

test('a data process that is killed while it imports leaves the old data or the new', async (t) => {
  const { data, folder, bytes, marks, fill } = await marked(t)
  const outcomes = new Set<string>()
  for (let round = 0; round < 12; round++) {
    await fill('old')
    const others = new Set(data.pids)
    const running = received(data, 'a1', { bytes })
    if (round % 2 === 0) {
      // While it reads and checks: nothing has happened then.
      while (data.pids.every((pid) => others.has(pid))) await new Promise(setImmediate)
      const [pid = 0] = data.pids.filter((each) => !others.has(each))
      setTimeout(() => kill(pid), round * 20)
    }
    const found = await running.catch((error: { code?: string }) => {
      assert.equal(error.code, 'HOST_CALL_FAILED')
    })
    if (found === undefined) {
      assert.deepEqual(await marks(), ['old', 'old'])
      continue
    }
    const [pid = 0] = data.pids.filter((each) => !others.has(each))
    const committing = found.commit()
    for (let turn = 0; turn < round * 2; turn++) await new Promise(setImmediate)
    kill(pid)
    await committing.then(
      () => outcomes.add('committed'),
      () => outcomes.add('failed'),
    )
    const [table, key] = await marks()
    assert.equal(table, key)
    assert.ok(table === 'old' || table === 'new')
    await found.close()
  }
  assert.deepEqual(await readdir(join(folder, ROOMS)), [])
})

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH')
  }
}

test('an import that was interrupted after its commit is completed when the data is opened next', async (t) => {
  const { data, folder, bytes, marks, fill } = await marked(t)
  const home = join(folder, 'a1')
  await imported(data, 'b2', { bytes, rules: { from: 'a1' } })
  await data.migrate('b2', [], QUOTA) // Closes its files.
  const cutOff = async (moved: readonly string[]) => {
    await fill('old')
    await data.migrate('a1', [], QUOTA)
    await mkdir(join(home, 'imported'))
    for (const file of ['kv.db', 'db.sqlite']) {
      await copyFile(join(folder, 'b2', file), join(home, moved.includes(file) ? '' : 'imported', file))
    }
  }
  await cutOff([])
  assert.equal(await get(data, 'a1', 'mark'), 'new')
  assert.deepEqual(await marks(), ['new', 'new'])
  assert.equal(existsSync(join(home, 'imported')), false)
  await cutOff(['kv.db'])
  assert.deepEqual(await sql(data, 'a1', 'SELECT text FROM mark'), [[['new']]])
  assert.deepEqual(await marks(), ['new', 'new'])
  await cutOff(['kv.db', 'db.sqlite'])
  await imported(data, 'c3', { bytes: await exported(data, 'a1'), rules: { from: 'a1' } })
  assert.equal(await get(data, 'c3', 'mark'), 'new')
  assert.equal(existsSync(join(home, 'imported')), false)
  await cutOff(['kv.db'])
  await data.remove('a1')
  assert.equal(existsSync(home), false)
})

test('what a killed runtime left of a transfer is gone at the next start', async (t) => {
  const { folder } = await openTestData(t)
  await mkdir(join(folder, ROOMS, 'left', 'ready'), { recursive: true })
  await openTestData(t, { folder })
  assert.equal(existsSync(join(folder, ROOMS)), false)
})

test('a snapshot that is not read to its end leaves nothing behind', async (t) => {
  const { data, folder, bytes } = await marked(t)
  const first = await data.snapshots.snapshot('a1', null)
  await first.close()
  const second = await data.snapshots.snapshot('a1', null)
  for await (const _ of second.chunks) break
  const interrupted = (async function* () {
    yield* inPieces(bytes.subarray(0, 300), 100)
    throw new Error('the client went away')
  })()
  await assert.rejects(
    data.snapshots.stageImport('a1', interrupted, {
      kvBytes: QUOTA,
      databaseBytes: QUOTA,
      filesBytes: QUOTA,
      from: null,
    }),
    /the client went away/,
  )
  assert.deepEqual(await readdir(join(folder, ROOMS)), [])
})

test('more transfers than may be at once wait for each other', async (t) => {
  const { data } = await marked(t)
  const all = await Promise.all(Array.from({ length: 9 }, () => exported(data, 'a1')))
  assert.equal(new Set(all.map(({ length }) => length)).size, 1)
})

test('the data of a plugin that is slow at the same time is taken behind its call', async (t) => {
  const { data, bytes, marks } = await marked(t)
  const slow = sql(
    data,
    'a1',
    "INSERT INTO mark WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 600000) SELECT 'slow' FROM c WHERE x = 600000",
  )
  const copy = exported(data, 'a1')
  await slow
  await imported(data, 'b2', { bytes: await copy, rules: { from: 'a1' } })
  const counts = await sql(data, 'b2', "SELECT count(*) FROM mark WHERE text = 'slow'")
  assert.deepEqual(counts, [[[1]]])
  await imported(data, 'a1', { bytes })
  assert.deepEqual(await marks(), ['new', 'new'])
})

test('a file of the time before there were versions is exported with the tables of now', async (t) => {
  const { data, folder } = await openTestData(t)
  await mkdir(join(folder, 'a1'))
  const old = new DatabaseSync(join(folder, 'a1', 'kv.db'))
  old.exec(`
    CREATE TABLE kv (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, expires_at_ms INTEGER, metadata TEXT, value BLOB NOT NULL) STRICT;
    CREATE TABLE usage (id INTEGER PRIMARY KEY CHECK (id = 1), bytes INTEGER NOT NULL) STRICT;
    INSERT INTO usage VALUES (1, 2); INSERT INTO kv (key, size, value) VALUES (x'6b', 2, x'76')`)
  old.close()
  await imported(data, 'b2', { bytes: await exported(data, 'a1'), rules: { from: 'a1' } })
  assert.equal(await get(data, 'b2', 'k'), 'v')
})
