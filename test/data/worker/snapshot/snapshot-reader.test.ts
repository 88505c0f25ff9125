// Invalid and hostile snapshots: refused, without changing anything.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ImportRules } from '../../../../runtime/data/snapshots/snapshots.ts'
import {
  exported,
  get,
  imported,
  openTestData,
  put,
  received,
  type SnapshotSource,
  snapshotOf,
  sql,
  sqliteFile,
} from '../../helpers.ts'

const KV = `
  CREATE TABLE kv (id INTEGER PRIMARY KEY, key BLOB UNIQUE, size, expires_at_ms, metadata, version, value);
  CREATE TABLE usage (id INTEGER PRIMARY KEY, bytes, version); INSERT INTO usage VALUES (1, 0, 0);`
const MIGRATIONS =
  'CREATE TABLE _plugbay_migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT;'

async function start(t: TestContext) {
  const { data, folder } = await openTestData(t)
  await put(data, 'a1', 'k', { value: 'kept' })
  await sql(data, 'a1', 'CREATE TABLE note (text)', "INSERT INTO note VALUES ('kept')")
  const refuse = async (
    bytes: Uint8Array,
    expected: { readonly code?: string; readonly message?: RegExp; readonly rules?: Partial<ImportRules> },
  ) => {
    const { rules = {}, message = /./, code = 'SNAPSHOT_INVALID' } = expected
    await assert.rejects(received(data, 'a1', { bytes, rules }), { code, message })
  }
  const unchanged = async (...others: readonly string[]) => {
    assert.equal(await get(data, 'a1', 'k'), 'kept')
    assert.deepEqual(await sql(data, 'a1', 'SELECT text FROM note'), [[['kept']]])
    assert.deepEqual(await readdir(join(folder, '.transfers')), [])
    assert.deepEqual((await readdir(folder)).toSorted(), ['.transfers', 'a1', ...others])
  }
  return { data, folder, refuse, unchanged }
}

test('a snapshot that is cut, goes on, or has one bit flipped anywhere is refused', async (t) => {
  const { data, refuse, unchanged } = await start(t)
  const whole = await exported(data, 'a1')
  const header = whole.indexOf('}]}') + 3
  const refusals: Promise<void>[] = []
  for (const length of [0, 1, 20, 89, header - 1, header, header + 5000, whole.length - 1])
    refusals.push(refuse(whole.subarray(0, length), {}))
  refusals.push(refuse(Buffer.concat([whole, Buffer.from('x')]), { message: /goes on behind its last file/ }))
  const places = [0, 13, 15, 30, 88, 95, 150, header - 1, header, header + 4096, whole.length - 1]
  for (const [index, place] of places.entries()) {
    const flipped = Buffer.from(whole)
    flipped.writeUInt8(flipped.readUInt8(place) ^ (1 << (index % 8)), place)
    refusals.push(refuse(flipped, {}))
  }
  await Promise.all(refusals)
  await unchanged()
})

test('other files, other formats and headers that say too much are refused', async (t) => {
  const { refuse, unchanged } = await start(t)
  const file = Buffer.from('x')
  const part = { name: 'kv.db', bytes: 1, sha256: '0'.repeat(64) }
  const headers: readonly NonNullable<SnapshotSource['header']>[] = [
    { plugin: '../a1' },
    { plugin: 7 },
    { version: 1 },
    { createdAt: 'soon' },
    { parts: {} },
    { parts: [{ ...part, name: '../kv.db' }] },
    { parts: [{ ...part, bytes: -1 }] },
    { parts: [{ ...part, bytes: 1.5 }] },
    { parts: [part] },
    { parts: [part, part] },
    { parts: [{ ...part, name: 'db.sqlite' }, part] },
    { filler: 'x'.repeat(20_000) },
  ]
  await Promise.all([
    refuse(Buffer.from('PK\x03\x04 a zip'), { message: /not a snapshot/ }),
    refuse(Buffer.alloc(1_000_000, 'x'), { message: /not a snapshot/ }),
    refuse(Buffer.from(`plugbay-data 3 10 ${'0'.repeat(64)}\n`), { message: /has format 3/ }),
    ...headers.map((header) => refuse(snapshotOf({ kv: file, header }), {})),
  ])
  await unchanged()
})

test('a snapshot of another plugin, or larger than the quotas, is refused by its header alone', async (t) => {
  const { data, refuse, unchanged } = await start(t)
  await refuse(snapshotOf({ plugin: 'b2' }), {
    code: 'STATE_CONFLICT',
    message: /of plugin "b2", not of "a1"/,
  })
  const large = (name: string) => ({ parts: [{ name, bytes: 300_000_000, sha256: '0'.repeat(64) }] })
  // Nothing follows the header: who waited for the files would say that they are cut.
  await refuse(snapshotOf({ header: large('db.sqlite') }), { code: 'BODY_TOO_LARGE', message: /256000000/ })
  await refuse(snapshotOf({ header: large('kv.db') }), {
    code: 'BODY_TOO_LARGE',
    rules: { kvBytes: 1_000_000 },
  })
  await put(data, 'a1', 'big', { value: Buffer.alloc(900_000) })
  await put(data, 'a1', 'big2', { value: Buffer.alloc(900_000) })
  await refuse(await exported(data, 'a1'), { code: 'BODY_TOO_LARGE', rules: { kvBytes: 1_000_000 } })
  await unchanged()
})

test('files that are not databases, or damaged ones, are refused though their checksums are right', async (t) => {
  const { refuse, unchanged } = await start(t)
  const rows =
    'CREATE TABLE t (x UNIQUE); WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 500) INSERT INTO t SELECT x || hex(randomblob(50)) FROM c;'
  const database = await sqliteFile(rows)
  const damaged = Buffer.from(database)
  damaged.fill(0x5a, 8192, 8192 + 100)
  const cut = database.subarray(0, database.length - 4096)
  await Promise.all([
    refuse(snapshotOf({ db: Buffer.from('not a database, by far'.repeat(300)) }), {}),
    refuse(snapshotOf({ kv: Buffer.from('not a database, by far'.repeat(300)) }), {}),
    refuse(snapshotOf({ db: damaged }), {}),
    refuse(snapshotOf({ db: cut }), {}),
    refuse(snapshotOf({ kv: database }), { message: /no keys and values/ }),
  ])
  await unchanged()
})

test('keys and values that no plugin could have stored are refused', async (t) => {
  const { data, refuse, unchanged } = await start(t)
  const values = [
    "1, x'', 0, NULL, NULL, 0, x'61'",
    "1, x'2e2e', 0, NULL, NULL, 0, x'61'",
    "1, x'ff', 0, NULL, NULL, 0, x'61'",
    "1, 'text', 0, NULL, NULL, 0, x'61'",
    "1, x'6b', 0, NULL, NULL, 0, 'text'",
    "1, x'6b', 0, NULL, NULL, 0, zeroblob(1000001)",
    "1, x'6b', 0, NULL, '{', 0, x'61'",
    "1, x'6b', 0, -5, NULL, 0, x'61'",
    "1, x'6b', 0, NULL, NULL, 9223372036854775807, x'61'",
    "1, x'6b', 0, NULL, NULL, -1, x'61'",
    `1, x'${'61'.repeat(513)}', 0, NULL, NULL, 0, x'61'`,
  ]
  const view =
    'CREATE VIEW kv AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS key, x AS value, x AS metadata, x AS expires_at_ms, x AS version FROM c'
  const twice = `${KV.replace(' UNIQUE', '')} INSERT INTO kv VALUES (1, x'6b', 0, NULL, NULL, 0, x'61'), (2, x'6b', 0, NULL, NULL, 0, x'61')`
  await Promise.all([
    ...values.map(async (row) =>
      refuse(snapshotOf({ kv: await sqliteFile(`${KV} INSERT INTO kv VALUES (${row})`) }), {}),
    ),
    refuse(snapshotOf({ kv: await sqliteFile(view) }), { message: /no keys and values/ }),
    refuse(snapshotOf({ kv: await sqliteFile(twice) }), { message: /twice/ }),
  ])
  await unchanged()
  // What a row says of its size counts for nothing.
  const row = "1, x'6b', -1000000, NULL, NULL, 7, x'6162'"
  const trigger = 'CREATE TRIGGER own AFTER INSERT ON kv BEGIN DELETE FROM kv; END;'
  await imported(data, 'a1', {
    bytes: snapshotOf({ kv: await sqliteFile(`${KV} INSERT INTO kv VALUES (${row}); ${trigger}`) }),
  })
  assert.equal(await get(data, 'a1', 'k'), 'ab')
  const full = { pluginId: 'a1', method: 'kv.put', args: '["x"]', quotaBytes: 10 } as const
  await assert.rejects(data.call(full, Buffer.alloc(7)), { code: 'QUOTA_EXCEEDED' })
  await data.call(full, Buffer.alloc(6))
  assert.equal(await get(data, 'a1', 'k'), 'ab')
})

test('a database with what no migration could have made is refused', async (t) => {
  const { data, refuse, unchanged } = await start(t)
  const forbidden: readonly (readonly [string, RegExp])[] = [
    ['CREATE VIRTUAL TABLE s USING dbstat', /"fts5" or "rtree"/],
    [
      `${MIGRATIONS} CREATE TRIGGER own AFTER INSERT ON _plugbay_migrations BEGIN SELECT 1; END`,
      /can be read only/,
    ],
    ['CREATE TABLE _plugbay_migrations (name)', /record of migrations/],
    ['CREATE VIEW _plugbay_migrations AS SELECT 1 AS name', /./],
    [`${MIGRATIONS} CREATE INDEX own ON _plugbay_migrations (checksum)`, /can be read only/],
    ["PRAGMA encoding = 'UTF-16'; CREATE TABLE t (x)", /does not hold together/],
  ]
  await Promise.all(
    forbidden.map(async ([statements, message]) =>
      refuse(snapshotOf({ db: await sqliteFile(statements) }), { message }),
    ),
  )
  const evil = await sqliteFile('CREATE TABLE t (x); PRAGMA writable_schema = ON;', (database) => {
    database.exec(`
      INSERT INTO sqlite_schema VALUES ('table', 'own', 'own', 0, 'CREATE VIRTUAL TABLE own USING nothing(x)');
      UPDATE sqlite_schema SET rootpage = rootpage`)
  })
  await refuse(snapshotOf({ db: evil }), {})
  await unchanged()
  // Other pages, another journal: SQLite has rewritten the file.
  const foreign = await sqliteFile(
    "PRAGMA page_size = 512; PRAGMA auto_vacuum = FULL; PRAGMA journal_mode = WAL; CREATE TABLE note (text); INSERT INTO note VALUES ('foreign')",
  )
  await imported(data, 'a1', { bytes: snapshotOf({ db: foreign }) })
  assert.deepEqual(await sql(data, 'a1', 'SELECT text FROM note', 'PRAGMA page_size'), [
    [['foreign']],
    [[4096]],
  ])
})

test('what is received can be migrated before it is put in place, and a migration that fails changes nothing', async (t) => {
  const { data, unchanged } = await start(t)
  const step = (name: string, text: string) => ({ name, checksum: `sum of ${name}`, sql: text })
  const first = step('1.sql', 'CREATE TABLE note (text)')
  await data.migrate('b2', [first], 1e6)
  const bytes = await exported(data, 'b2')
  const broken = await received(data, 'a1', { bytes, rules: { from: 'b2' } })
  assert.deepEqual(broken.migrations, ['1.sql'])
  const another = step('1.sql', 'CREATE TABLE note (other)')
  assert.deepEqual((await broken.compare([another])).changed, ['1.sql'])
  assert.deepEqual((await broken.compare([step('1.sql', 'CREATE TABLE note (text) \r\n')])).changed, [])
  const outcome = await broken.migrate([first, step('2.sql', 'CREATE TABEL x (y)')], 1e6)
  assert.equal(outcome.ok, false)
  await broken.close()
  await unchanged('b2')
  const found = await received(data, 'a1', { bytes, rules: { from: 'b2' } })
  assert.deepEqual(await found.migrate([first, step('2.sql', 'ALTER TABLE note ADD COLUMN n')], 1e6), {
    ok: true,
  })
  assert.deepEqual(await sql(data, 'a1', 'SELECT text FROM note'), [[['kept']]])
  await found.commit()
  await found.close()
  assert.deepEqual(await sql(data, 'a1', 'SELECT n FROM note', 'SELECT name FROM _plugbay_migrations'), [
    [],
    [['1.sql'], ['2.sql']],
  ])
})
