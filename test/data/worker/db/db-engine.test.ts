import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDbEngine } from '../../../../runtime/data/worker/db/db-engine.ts'
import { joinParts } from '../../../../sdk/protocol/sql-wire.ts'
import { openTestDb } from '../../../support/db-engine.ts'

const failure = (message: RegExp) => ({ name: 'DataError', code: 'DATABASE_ERROR', message })

test('a statement gives columns, rows, changes and the last row id', async (t) => {
  const db = await openTestDb(t)
  const [made] = db.batch(['CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)'])
  assert.deepEqual([made?.columns, made?.rows, made?.changed, made?.changes], [[], [], true, 0])
  const [inserted] = db.batch(['INSERT INTO note (text) VALUES (?), (?)', 'a', 'b'])
  assert.deepEqual([inserted?.changes, inserted?.lastRowId, inserted?.changed], [2, 2, true])
  const [read] = db.batch(['SELECT id, text, id AS "id" FROM note ORDER BY id'])
  assert.deepEqual(read?.columns, ['id', 'text', 'id'])
  assert.deepEqual(read?.rows, [
    [1, 'a', 1],
    [2, 'b', 2],
  ])
  assert.deepEqual([read?.changes, read?.changed], [0, false])
  assert.deepEqual(db.rows('INSERT INTO note (text) VALUES (?) RETURNING id', 'c'), [[3]])
  const [nothing] = db.batch(['DELETE FROM note WHERE id = 99'])
  assert.equal(nothing?.changes, 0)
  assert.ok((read?.size ?? 0) >= 4096)
})

test('values keep their kind: integers, reals, text, blobs, null, and infinities', async (t) => {
  const db = await openTestDb(t)
  const kinds = (value: unknown) => db.rows('SELECT typeof(?1), ?1', value)[0]
  assert.deepEqual(kinds(5), ['integer', 5])
  assert.deepEqual(kinds(-5.5), ['real', -5.5])
  assert.deepEqual(kinds('a\0b😀'), ['text', 'a\0b😀'])
  assert.deepEqual(kinds(null), ['null', null])
  assert.deepEqual(kinds({ f: '-' }), ['real', { f: '-' }])
  assert.deepEqual(kinds(Number.MAX_SAFE_INTEGER), ['integer', Number.MAX_SAFE_INTEGER])
  assert.deepEqual(kinds(1e20), ['real', 1e20])
  assert.deepEqual(db.rows('SELECT ? / 2', 5), [[2]])
  const bytes = Uint8Array.from([0, 255, 7])
  const [row] = db.rows("SELECT typeof(?1), ?1, ?2, x''", bytes, Uint8Array.from([9]))
  assert.deepEqual(row, ['blob', bytes, Uint8Array.from([9]), new Uint8Array()])
})

test('an integer that a number cannot hold is rounded, as in D1', async (t) => {
  const db = await openTestDb(t)
  assert.deepEqual(db.rows('SELECT 9223372036854775807'), [[2 ** 63]])
})

test('a batch is one transaction: when one statement fails, none has happened', async (t) => {
  const db = await openTestDb(t)
  db.rows('CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE)')
  const results = db.batch(
    ['INSERT INTO note (text) VALUES (?)', 'a'],
    ['SELECT count(*) FROM note'],
    ['CREATE TABLE other (x)'],
    ['INSERT INTO other VALUES (1)'],
  )
  assert.deepEqual(results[1]?.rows, [[1]])
  assert.throws(
    () => db.batch(['INSERT INTO note (text) VALUES (?)', 'b'], ['INSERT INTO note (text) VALUES (?)', 'a']),
    failure(/^D1_ERROR: UNIQUE constraint failed: note\.text: SQLITE_CONSTRAINT$/),
  )
  assert.deepEqual(db.rows('SELECT text FROM note'), [['a']])
  assert.throws(() => db.batch(['DROP TABLE other'], ['SELECT missing']), failure(/no such column: missing/))
  assert.deepEqual(db.rows('SELECT * FROM other'), [[1]])
})

test('what is wrong with a statement is said in the words of SQLite', async (t) => {
  const db = await openTestDb(t)
  assert.throws(() => db.rows('SELEC 1'), failure(/^D1_ERROR: near "SELEC": syntax error: SQLITE_ERROR$/))
  assert.throws(() => db.rows('SELECT * FROM missing'), failure(/no such table: missing/))
  assert.throws(() => db.rows('SELECT ?', 1, 2), failure(/SQLITE_RANGE/))
  assert.throws(() => db.rows('SELECT "text"'), failure(/no such column/))
  assert.throws(() => db.rows(''), failure(/holds no statement/))
  assert.throws(() => db.rows('-- nothing'), failure(/holds no statement/))
  assert.deepEqual(db.rows('SELECT ?, ?', 1), [[1, null]])
})

test('foreign keys are enforced', async (t) => {
  const db = await openTestDb(t)
  db.rows('CREATE TABLE a (id INTEGER PRIMARY KEY)')
  db.rows('CREATE TABLE b (a INTEGER REFERENCES a)')
  assert.throws(() => db.rows('INSERT INTO b VALUES (1)'), failure(/FOREIGN KEY constraint failed/))
  db.batch(['PRAGMA defer_foreign_keys = ON'], ['INSERT INTO b VALUES (1)'], ['INSERT INTO a VALUES (1)'])
  // The same text again: some pragmas do their work while they are compiled.
  db.batch(['PRAGMA defer_foreign_keys = ON'], ['INSERT INTO b VALUES (2)'], ['INSERT INTO a VALUES (2)'])
  assert.throws(() => db.rows('INSERT INTO b VALUES (3)'), failure(/FOREIGN KEY constraint failed/))
})

test('a prepared statement follows a table that has changed', async (t) => {
  const db = await openTestDb(t)
  db.rows('CREATE TABLE note (id INTEGER)')
  db.rows('INSERT INTO note VALUES (1)')
  assert.deepEqual(db.batch(['SELECT * FROM note'])[0]?.columns, ['id'])
  db.rows("ALTER TABLE note ADD COLUMN text TEXT NOT NULL DEFAULT 'x'")
  const [result] = db.batch(['SELECT * FROM note'])
  assert.deepEqual([result?.columns, result?.rows], [['id', 'text'], [[1, 'x']]])
})

test('fts5 and rtree work', async (t) => {
  const db = await openTestDb(t)
  db.rows('CREATE VIRTUAL TABLE page USING fts5(title, text)')
  db.batch(
    ['INSERT INTO page VALUES (?, ?)', 'Tea', 'with milk'],
    ['INSERT INTO page VALUES (?, ?)', 'Coffee', 'black'],
  )
  assert.deepEqual(
    db.rows("SELECT title, highlight(page, 1, '[', ']') FROM page WHERE page MATCH ? ORDER BY rank", 'milk'),
    [['Tea', 'with [milk]']],
  )
  db.rows('DELETE FROM page WHERE title = ?', 'Tea')
  db.rows("INSERT INTO page (page) VALUES ('optimize')")
  db.rows('CREATE VIRTUAL TABLE place USING rtree(id, x0, x1)')
  db.rows('INSERT INTO place VALUES (1, 0, 10)')
  assert.deepEqual(db.rows('SELECT id FROM place WHERE x0 <= ? AND x1 >= ?', 5, 5), [[1]])
  db.rows('DROP TABLE page')
  db.rows('DROP TABLE place')
})

test('one statement that would outgrow the quota by far is refused for the quota, not for the disk', async (t) => {
  const { batch, rows } = await openTestDb(t, { quotaBytes: 8_000_000 })
  assert.throws(
    () =>
      batch([
        'CREATE TABLE endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, zeroblob(500) FROM c',
      ]),
    { code: 'QUOTA_EXCEEDED', message: 'The database of the plugin is full' },
  )
  assert.deepEqual(rows("SELECT name FROM sqlite_schema WHERE name = 'endless'"), [])
})

test('the quota is the size of the file, and what was there stays readable', async (t) => {
  const db = await openTestDb(t, { quotaBytes: 4_000_000 })
  db.rows('CREATE TABLE big (id INTEGER PRIMARY KEY, bytes BLOB)')
  const fill = () => {
    for (let row = 0; row < 10; row++) db.rows('INSERT INTO big (bytes) VALUES (randomblob(1000000))')
  }
  assert.throws(fill, { code: 'QUOTA_EXCEEDED', message: /full/ })
  const [[count]] = db.rows('SELECT count(*) FROM big') as [[number]]
  assert.ok(count >= 2 && count < 4, String(count))
  assert.ok(statSync(join(db.folder, 'notes', 'db.sqlite')).size <= 4_000_000)
  db.rows('DELETE FROM big')
  db.rows('INSERT INTO big (bytes) VALUES (randomblob(1000000))')
})

test('a result has a cap, and a write whose result is too large has not happened', async (t) => {
  const db = await openTestDb(t)
  const tooLarge = { code: 'QUOTA_EXCEEDED', message: /larger than 10000000 bytes/ }
  const numbers = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 10000000)'
  assert.throws(() => db.rows(`${numbers} SELECT x FROM c`), tooLarge)
  db.rows('CREATE TABLE big (bytes BLOB)')
  for (let row = 0; row < 6; row++) db.rows('INSERT INTO big VALUES (zeroblob(1900000))')
  assert.throws(() => db.rows('SELECT * FROM big'), tooLarge)
  assert.throws(() => db.rows('DELETE FROM big RETURNING bytes'), tooLarge)
  assert.deepEqual(db.rows('SELECT count(*) FROM big'), [[6]])
  assert.equal(db.rows('SELECT * FROM big LIMIT 5').length, 5)
})

test('each plugin has a file of its own, which goes when the plugin goes', async (t) => {
  const db = await openTestDb(t)
  db.rows('CREATE TABLE mine (x)')
  assert.throws(() => db.as('other').rows('SELECT * FROM mine'), failure(/no such table/))
  assert.throws(() => db.as('../x').rows('SELECT 1'), { code: 'HOST_CALL_INVALID' })
  assert.deepEqual(readdirSync(db.folder).sort(), ['notes', 'other'])
  assert.equal(statSync(join(db.folder, 'notes', 'db.sqlite')).mode & 0o777, 0o600)
  db.close()
  assert.throws(() => db.as('other').rows('SELECT * FROM mine'))
  assert.deepEqual(db.rows('SELECT count(*) FROM mine'), [[0]])
})

test('remove() deletes the database, and leaves what is not its own', async (t) => {
  const db = await openTestDb(t)
  const engine = openDbEngine({ folder: db.folder })
  t.after(() => engine.closeAll())
  const query = (pluginId: string) =>
    engine.handle({
      pluginId,
      method: 'db.query',
      body: joinParts(Buffer.from('[{"sql":"SELECT 1","values":[]}]'), []),
      quotaBytes: 1e6,
    })
  query('gone')
  engine.remove('gone')
  query('keeps')
  mkdirSync(join(db.folder, 'keeps', 'more'))
  engine.remove('keeps')
  assert.deepEqual(readdirSync(db.folder), ['keeps'])
  assert.deepEqual(readdirSync(join(db.folder, 'keeps')), ['more'])
})

test('messages that our own guest code would not send are refused', async (t) => {
  const db = await openTestDb(t)
  const text = (json: string) => joinParts(Buffer.from(json), [])
  for (const body of [
    undefined,
    new Uint8Array([1, 2]),
    new Uint8Array([255, 255, 255, 255, 0]),
    text('nonsense'),
    text('{}'),
    text('[]'),
    text('[null]'),
    text('[{"sql":1,"values":[]}]'),
    text('[{"sql":"SELECT 1","values":{}}]'),
    text('[{"sql":"SELECT ?","values":[{"b":1}]}]'),
    text('[{"sql":"SELECT ?","values":[{"b":-1}]}]'),
    text('[{"sql":"SELECT ?","values":[true]}]'),
    text(JSON.stringify(Array.from({ length: 1001 }, () => ({ sql: 'SELECT 1', values: [] })))),
  ]) {
    assert.throws(() => db.call('db.query', body), { code: 'HOST_CALL_INVALID' })
  }
  assert.throws(() => db.call('db.nothing', undefined), { code: 'HOST_CALL_UNKNOWN' })
})
