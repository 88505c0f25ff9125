// Hostile SQL: each statement is refused or contained, and the database works afterwards.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { openTestDb, type TestDb } from '../support/db-engine.ts'
import { record } from './helpers/record.ts'

const canary = join(tmpdir(), `plugbay-sql-canary-${process.pid}`)

function refuses(db: TestDb, sql: string, message: RegExp, ...values: readonly unknown[]): void {
  assert.throws(() => db.rows(sql, ...values), { code: 'DATABASE_ERROR', message }, sql.slice(0, 100))
  assert.deepEqual(db.rows('SELECT 1'), [[1]])
}

describe('the authorizer refuses', () => {
  const REFUSED: readonly (readonly [sql: string, message: RegExp])[] = [
    ["ATTACH DATABASE ':memory:' AS x", /not authorized: ATTACH, DETACH and VACUUM are not available/],
    [`ATTACH DATABASE '${canary}' AS x`, /not authorized: ATTACH/],
    ["ATTACH DATABASE 'file:/etc/passwd?mode=ro' AS x", /not authorized: ATTACH/],
    ['/* a */ aTtAcH ? AS x', /not authorized: ATTACH/],
    ['DETACH DATABASE main', /not authorized: ATTACH|cannot detach/],
    ['VACUUM', /not authorized: ATTACH/],
    [`VACUUM INTO '${canary}'`, /not authorized: ATTACH/],
    ["SELECT load_extension('/tmp/x.so')", /not authorized/],
    ["SELECT readfile('/etc/passwd')", /no such function|not authorized/],
    [`SELECT writefile('${canary}', 'x')`, /no such function|not authorized/],
    ["SELECT edit('x')", /no such function|not authorized/],
    ["SELECT fts3_tokenizer('simple')", /function "fts3_tokenizer" is not available/],
    ["SELECT sqlite_log(1, 'x')", /function "sqlite_log" is not available/],
    ['PRAGMA writable_schema = ON', /"PRAGMA writable_schema" is not available/],
    ['PRAGMA writable_schema = RESET', /"PRAGMA writable_schema" is not available/],
    ['PRAGMA journal_mode = DELETE', /"PRAGMA journal_mode" is not available/],
    ['PRAGMA main.journal_mode = OFF', /"PRAGMA journal_mode" is not available/],
    ['PRAGMA synchronous = OFF', /is not available/],
    ['PRAGMA foreign_keys = OFF', /"PRAGMA foreign_keys" can be read only/],
    ['PRAGMA trusted_schema = ON', /is not available/],
    ['PRAGMA max_page_count = 1000000', /is not available/],
    ['PRAGMA page_size = 65536', /"PRAGMA page_size" can be read only/],
    ['PRAGMA user_version = 7', /can be read only/],
    ["PRAGMA temp_store_directory = '/etc'", /is not available|near/],
    ['PRAGMA mmap_size = 1000000000', /is not available/],
    ['PRAGMA cache_size = 1000000', /is not available/],
    ['PRAGMA hard_heap_limit = 1', /is not available/],
    ['PRAGMA wal_checkpoint(TRUNCATE)', /is not available/],
    ['PRAGMA locking_mode = EXCLUSIVE', /is not available/],
    ['PRAGMA database_list', /is not available/],
    ['SELECT * FROM pragma_database_list', /is not available/],
    ['SELECT * FROM dbstat', /table "dbstat" is not available/],
    ['SELECT count(*) FROM dbstat', /table "dbstat" is not available/],
    ['SELECT * FROM sqlite_dbpage', /no such table|not available/],
    ['CREATE VIRTUAL TABLE x USING dbstat', /virtual tables use "fts5" or "rtree", not "dbstat"/],
    ["CREATE VIRTUAL TABLE x USING csv(filename='/etc/passwd')", /virtual tables use|no such module/],
    ['CREATE VIRTUAL TABLE x USING fts3(a)', /not "fts3"/],
    ['CREATE VIRTUAL TABLE x USING fts4(a)', /not "fts4"/],
    ['CREATE VIRTUAL TABLE x USING fts3tokenize(simple)', /not "fts3tokenize"/],
    ['CREATE VIRTUAL TABLE x USING geopoly(a)', /not "geopoly"/],
    ['CREATE TEMP TABLE x (a)', /temporary tables, views and triggers are not available/],
    ['CREATE TABLE temp.x (a)', /temporary tables/],
    ['CREATE VIEW temp.x AS SELECT 1', /temporary/],
    ['CREATE VIRTUAL TABLE temp.x USING fts5(a)', /temporary/],
    ['CREATE TEMP VIEW x AS SELECT 1', /temporary/],
    ['CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END', /temporary/],
    ['BEGIN', /transactions are made by env\.db\.batch/],
    ['BEGIN EXCLUSIVE', /transactions are made by env\.db\.batch/],
    ['COMMIT', /transactions are made by/],
    ['ROLLBACK', /transactions are made by/],
    ['SAVEPOINT x', /transactions are made by/],
    ['RELEASE x', /transactions are made by/],
    ['INSERT INTO _plugbay_migrations VALUES (1, 2, 3)', /"_plugbay_migrations" can be read only/],
    ['UPDATE _Plugbay_Migrations SET name = 1', /can be read only/],
    ['DELETE FROM main._plugbay_migrations', /can be read only/],
    ['DROP TABLE _plugbay_migrations', /can be read only/],
    ['ALTER TABLE _plugbay_migrations RENAME TO x', /can be read only/],
    ['ALTER TABLE _plugbay_migrations ADD COLUMN x', /can be read only/],
    ['CREATE INDEX x ON _plugbay_migrations (name)', /can be read only/],
    ['CREATE TRIGGER x AFTER INSERT ON _plugbay_migrations BEGIN SELECT 1; END', /can be read only/],
    [
      "WITH x AS (SELECT 1) INSERT OR REPLACE INTO _plugbay_migrations VALUES ('a', 'b', 'c')",
      /can be read only/,
    ],
  ]
  for (const [index, [sql, message]] of REFUSED.entries()) {
    test(sql, async (t) => {
      rmSync(canary, { force: true })
      const db = await openTestDb(t)
      db.rows('CREATE TABLE t (a)')
      refuses(db, sql, message, ...(sql.includes('?') && !sql.includes('file:') ? [canary] : []))
      assert.equal(existsSync(canary), false)
      assert.deepEqual(db.rows('SELECT name FROM sqlite_schema ORDER BY name'), [
        ['_plugbay_migrations'],
        ['sqlite_autoindex__plugbay_migrations_1'],
        ['t'],
      ])
      record({ id: `SQL-${index + 1}`, area: 'sql', title: sql, culprit: 'DATABASE_ERROR' })
    })
  }

  test('the same by way of a trigger or a view of the plugin', async (t) => {
    const db = await openTestDb(t)
    db.rows('CREATE TABLE t (a)')
    db.rows('CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM _plugbay_migrations; END')
    refuses(db, 'INSERT INTO t VALUES (1)', /can be read only/)
    db.rows('CREATE VIEW v AS SELECT * FROM dbstat')
    refuses(db, 'SELECT * FROM v', /not authorized|not available|unsafe|prohibited/)
    db.rows("CREATE VIEW w AS SELECT load_extension('x') AS x")
    refuses(db, 'SELECT * FROM w', /not authorized|unsafe/)
  })

  test('our own table as the new name of another', async (t) => {
    const db = await openTestDb(t)
    db.rows('CREATE TABLE t (a)')
    refuses(db, 'ALTER TABLE t RENAME TO _plugbay_migrations', /already another table/)
  })
})

describe('the engine refuses', () => {
  test('more than one statement, however it is dressed up', async (t) => {
    const db = await openTestDb(t)
    db.rows('CREATE TABLE t (a)')
    for (const sql of [
      'SELECT 1; DROP TABLE t',
      'SELECT 1;DROP TABLE t;',
      'SELECT 1 ; -- x\n DROP TABLE t',
      'SELECT 1; /* x */ DROP TABLE t',
      'SELECT 1;; DROP TABLE t',
      'SELECT 1; nonsense',
      'INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)',
      'SELECT "\ud800"; DROP TABLE t',
    ])
      refuses(db, sql, /one statement|no such column/)
    refuses(db, 'SELECT 1\0; DROP TABLE t', /NUL character/)
    refuses(db, '\0', /NUL character/)
    for (const sql of [
      'SELECT 1;',
      'SELECT 1; -- x',
      'SELECT 1 /* ; */ ; \n',
      "SELECT 1 -- ';' DROP TABLE t",
      '; SELECT 1',
    ])
      assert.deepEqual(db.rows(sql), [[1]], sql)
    assert.deepEqual(db.rows("SELECT ';', 'a; DROP TABLE t'"), [[';', 'a; DROP TABLE t']])
    assert.deepEqual(db.rows('SELECT * FROM t'), [])
  })

  test('writes to the schema and to shadow tables', async (t) => {
    const db = await openTestDb(t)
    db.rows('CREATE VIRTUAL TABLE f USING fts5(a)')
    refuses(db, 'UPDATE sqlite_schema SET sql = NULL', /may not be modified/)
    refuses(db, 'INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)', /may not be modified/)
    refuses(db, 'DELETE FROM sqlite_schema', /may not be modified/)
    refuses(db, 'DELETE FROM f_data', /may not be modified/)
    refuses(db, 'DROP TABLE f_data', /may not be dropped/)
    refuses(db, 'CREATE TABLE sqlite_x (a)', /reserved for internal use/)
    refuses(db, 'CREATE TABLE f_extra_data_config (a, a)', /duplicate column/)
  })

  const TOO_MUCH: readonly (readonly [name: string, sql: string, message: RegExp])[] = [
    ['a BLOB of 1 GB', 'SELECT randomblob(1e9)', /too big/],
    ['zeros of 2 GB', 'SELECT zeroblob(2e9)', /too big/],
    ['padding of 1 GB', "SELECT printf('%*c', 1000000000, 'x')", /too big/],
    ['text that doubles', `SELECT ${'replace('.repeat(30)}'a'${", 'a', 'aaaaaaaa')".repeat(30)}`, /too big/],
    [
      'a group_concat of everything',
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000000) SELECT group_concat(x) FROM c',
      /too big/,
    ],
    [
      'a LIKE pattern that backtracks',
      `SELECT '${'a'.repeat(1000)}' LIKE '${'%a'.repeat(500)}b'`,
      /pattern too complex/,
    ],
    [
      'a GLOB pattern that backtracks',
      `SELECT '${'a'.repeat(1000)}' GLOB '${'*a'.repeat(500)}b'`,
      /pattern too complex/,
    ],
    ['10,000 terms', `SELECT ${'1+'.repeat(10_000)}1`, /too large/],
    [
      'parentheses without end',
      `SELECT ${'('.repeat(100_000)}1${')'.repeat(100_000)}`,
      /Recursion limit|parser stack overflow/,
    ],
    ['1,000 SELECTs in one', Array(1000).fill('SELECT 1').join(' UNION ALL '), /too many terms/],
    ['40,000 parameters', `SELECT ${Array(40_000).fill('?').join()}`, /too many/],
    ['a parameter with a large number', 'SELECT ?32767', /variable number/],
    ['1,000 arguments', `SELECT max(${Array(1000).fill('1').join()})`, /too many arguments/],
    [
      '1,000 columns',
      `CREATE TABLE x (${Array.from({ length: 1000 }, (_, i) => `c${i}`).join()})`,
      /too many columns/,
    ],
    ['text of more than 1 MB', `SELECT 1 ${' '.repeat(1_000_001)}`, /too big|too long/],
  ]
  for (const [index, [name, sql, message]] of TOO_MUCH.entries()) {
    test(name, async (t) => {
      refuses(await openTestDb(t), sql, message)
      record({ id: `SQL-too-much-${index + 1}`, area: 'sql', title: name, culprit: 'DATABASE_ERROR' })
    })
  }

  test('triggers that start each other', async (t) => {
    const db = await openTestDb(t)
    for (let i = 0; i <= 60; i++) db.rows(`CREATE TABLE t${i} (a)`)
    for (let i = 0; i < 60; i++)
      db.rows(`CREATE TRIGGER g${i} AFTER INSERT ON t${i} BEGIN INSERT INTO t${i + 1} VALUES (1); END`)
    refuses(db, 'INSERT INTO t0 VALUES (1)', /triggers nested too deep/)
  })
})

test('invalid UTF-8 and names of our own language come back harmless', async (t) => {
  const db = await openTestDb(t)
  assert.deepEqual(db.rows("SELECT CAST(x'ff41' AS TEXT)"), [['\ufffdA']])
  db.rows('CREATE TABLE "__proto__" ("constructor" INTEGER, "__proto__" INTEGER)')
  const [result] = db.batch(['INSERT INTO "__proto__" VALUES (1, 2) RETURNING *'])
  assert.deepEqual([result?.columns, result?.rows], [['constructor', '__proto__'], [[1, 2]]])
})

test('a savepoint, a transaction or an open cursor never outlives its call', async (t) => {
  const db = await openTestDb(t)
  db.rows('CREATE TABLE t (a)')
  assert.throws(() => db.batch(['INSERT INTO t VALUES (1)'], ['SAVEPOINT x'], ['SELECT 1']))
  assert.throws(() => db.batch(['INSERT INTO t VALUES (1)'], ['COMMIT'], ['SELECT missing']))
  assert.deepEqual(db.rows('SELECT * FROM t'), [])
  const other = new DatabaseSync(join(db.folder, 'notes', 'db.sqlite'), { timeout: 0 })
  other.exec('BEGIN EXCLUSIVE; COMMIT')
  other.close()
})

test('a file that is not a database fails that plugin only', async (t) => {
  const db = await openTestDb(t)
  db.as('victim').rows('SELECT 1')
  db.as('victim').close()
  for (const name of readdirSync(join(db.folder, 'victim')))
    writeFileSync(join(db.folder, 'victim', name), 'x'.repeat(8192))
  assert.throws(
    () => db.as('victim').rows('SELECT 1'),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, 'HOST_CALL_FAILED')
      assert.ok(!error.message.includes(db.folder), error.message)
      return true
    },
  )
  assert.deepEqual(db.rows('SELECT 1'), [[1]])
})
