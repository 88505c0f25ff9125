import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import SqliteDatabase from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import {
  MIGRATIONS,
  type Migration,
  migrate,
  schemaVersion,
} from '../../../plugin-store/database/migrations.ts'
import type { Tables } from '../../../plugin-store/database/tables.ts'
import { tempFolder } from '../temp-store.ts'

const EXTRA: Migration = {
  name: 'extra',
  statements: ['CREATE TABLE extra (a TEXT) STRICT', "INSERT INTO extra VALUES ('x')"],
}

test('an empty file becomes the newest schema, step by step, each once', async (t) => {
  const database = new SqliteDatabase(join(await tempFolder(t), 'store.db'))
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  t.after(() => db.destroy())
  await migrate(db)
  await migrate(db)
  assert.equal(await schemaVersion(db), MIGRATIONS.length)
  const rows = await db.selectFrom('schema_version').select(['version', 'name']).orderBy('version').execute()
  assert.deepEqual(
    rows,
    MIGRATIONS.map((migration, index) => ({ version: index + 1, name: migration.name })),
  )
  await migrate(db, [...MIGRATIONS, EXTRA])
  await migrate(db, [...MIGRATIONS, EXTRA])
  assert.equal(await schemaVersion(db), MIGRATIONS.length + 1)
  assert.deepEqual(database.prepare('SELECT a FROM extra').all(), [{ a: 'x' }])
})

test('a step that fails half-way changes nothing, and can be run again when corrected', async (t) => {
  const database = new SqliteDatabase(join(await tempFolder(t), 'store.db'))
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  t.after(() => db.destroy())
  await migrate(db)
  const broken = { name: 'extra', statements: [...EXTRA.statements, 'INSERT INTO missing VALUES (1)'] }
  await assert.rejects(migrate(db, [...MIGRATIONS, broken]), /no such table/)
  assert.equal(await schemaVersion(db), MIGRATIONS.length)
  assert.equal(
    database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'extra'").pluck().get(),
    0,
  )
  await migrate(db, [...MIGRATIONS, EXTRA])
  assert.equal(await schemaVersion(db), MIGRATIONS.length + 1)
})

test('plugins of an older version count as having run their handlers', async (t) => {
  const database = new SqliteDatabase(join(await tempFolder(t), 'store.db'))
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  t.after(() => db.destroy())
  const before = MIGRATIONS.findIndex(({ name }) => name === 'what the backend of a plugin was told')
  await migrate(db, MIGRATIONS.slice(0, before))
  database.exec(`
    INSERT INTO installations (id, enabled, active_version, grants, reviewed, created_at, updated_at)
    VALUES ('on', 1, NULL, '{}', '{}', '', ''), ('off', 0, NULL, '{}', '{}', '', ''), ('waiting', 1, NULL, '{}', '{}', '', '');
    INSERT INTO releases (plugin_id, version, sha256, manifest, installed_at)
    SELECT id, '1.0.0', '${'a'.repeat(64)}', '{}', '' FROM installations;
    UPDATE installations SET active_version = '1.0.0' WHERE id <> 'waiting'`)
  await migrate(db)
  assert.deepEqual(database.prepare('SELECT id, lifecycle FROM installations ORDER BY id').raw().all(), [
    ['off', 'installed'],
    ['on', 'enabled'],
    ['waiting', 'new'],
  ])
})

test('every table that the types name exists, with the same columns', async (t) => {
  const database = new SqliteDatabase(join(await tempFolder(t), 'store.db'))
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  t.after(() => db.destroy())
  await migrate(db)
  const tables = await db.introspection.getTables()
  assert.deepEqual(
    Object.fromEntries(
      tables.map((table) => [table.name, table.columns.map((column) => column.name).sort()]),
    ),
    {
      schema_version: ['applied_at', 'name', 'version'],
      installations: [
        'access',
        'active_version',
        'candidate_version',
        'created_at',
        'enabled',
        'grants',
        'id',
        'lifecycle',
        'reviewed',
        'updated_at',
      ],
      releases: ['installed_at', 'manifest', 'plugin_id', 'seq', 'sha256', 'version'],
      uninstalled: ['id', 'time'],
      settings: ['key', 'plugin_id', 'value'],
      quarantines: ['evidence', 'plugin_id', 'version'],
      audit: ['action', 'actor', 'detail', 'seq', 'subject', 'time'],
      users: ['created_at', 'id', 'name', 'permissions', 'seq'],
      tokens: [
        'created_at',
        'expires_at',
        'given',
        'hash',
        'id',
        'last_used_at',
        'name',
        'permissions',
        'seq',
        'user_id',
      ],
      sessions: ['expires_at_ms', 'hash', 'token_id'],
    },
  )
})
