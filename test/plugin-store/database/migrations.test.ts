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

test('secrets of plugins of an older version stay bound to their only origin, and are bound to none of several', async (t) => {
  const database = new SqliteDatabase(join(await tempFolder(t), 'store.db'))
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  t.after(() => db.destroy())
  await migrate(
    db,
    MIGRATIONS.slice(
      0,
      MIGRATIONS.findIndex(({ name }) => name === 'origins of secrets'),
    ),
  )
  const settings = { properties: { apiKey: { format: 'secret' }, other: { format: 'secret' }, plain: {} } }
  const add = (id: string, { network, granted = network }: { network: string[]; granted?: string[] }) => {
    const manifest = { settings: id === 'plain' ? undefined : settings, permissions: { network } }
    database
      .prepare("INSERT INTO installations VALUES (?, 1, NULL, NULL, ?, ?, NULL, '', '', 'new')")
      .run(id, JSON.stringify(granted.length === 0 ? {} : { network: granted }), JSON.stringify({ network }))
    database
      .prepare("INSERT INTO releases VALUES (NULL, ?, '1.0.0', ?, ?, '')")
      .run(id, 'a'.repeat(64), JSON.stringify(manifest))
  }
  const [one, two] = ['https://one.example', 'https://two.example']
  add('one', { network: [one] })
  add('one-refused', { network: [one], granted: [] })
  add('plain', { network: [one] })
  add('two', { network: [one, two] })
  add('two-narrowed', { network: [one, two], granted: [two] })
  database.exec("UPDATE installations SET active_version = '1.0.0'")
  await migrate(db)
  const rows = database
    .prepare("SELECT id, grants ->> '$.secrets', reviewed ->> '$.secrets' FROM installations ORDER BY id")
    .raw()
    .all()
  const bound = JSON.stringify({ apiKey: [one], other: [one] })
  assert.deepEqual(rows, [
    ['one', bound, bound],
    ['one-refused', null, bound],
    ['plain', null, null],
    ['two', null, null],
    ['two-narrowed', null, null],
  ])
})

test('of releases from before, those count as having served that a rollback may lead to', async (t) => {
  const database = new SqliteDatabase(join(await tempFolder(t), 'store.db'))
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  t.after(() => db.destroy())
  const before = MIGRATIONS.findIndex(({ name }) => name === 'which releases have served')
  await migrate(db, MIGRATIONS.slice(0, before))
  database.exec(
    "INSERT INTO installations (id, enabled, grants, reviewed, created_at, updated_at) VALUES ('a', 1, '{}', '{}', '', '')",
  )
  for (const version of ['1.0.0', '2.0.0', '3.0.0', '4.0.0', '5.0.0'])
    database
      .prepare(
        "INSERT INTO releases (plugin_id, version, sha256, manifest, installed_at) VALUES ('a', ?, ?, '{}', '')",
      )
      .run(version, 'a'.repeat(64))
  database.exec(`
    UPDATE installations SET active_version = '4.0.0';
    INSERT INTO quarantines (plugin_id, version, evidence) VALUES ('a', '3.0.0', '{}');
    INSERT INTO audit (time, actor, action, subject, detail)
    VALUES ('', 'admin', 'plugin.rollback', 'a', '{"from":"2.0.0","to":"1.0.0"}'), ('', 'admin', 'plugin.rollback', 'a', '{"from":"4.0.0","to":"1.0.0"}')`)
  await migrate(db)
  const rows = database.prepare('SELECT version FROM releases WHERE served IS NOT NULL ORDER BY served')
  assert.deepEqual(rows.pluck().all(), ['1.0.0', '4.0.0'])
})

test('tasks from before keep their logs, their order and their plugin', async (t) => {
  const database = new SqliteDatabase(join(await tempFolder(t), 'store.db'))
  database.pragma('foreign_keys = ON')
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  t.after(() => db.destroy())
  const before = MIGRATIONS.findIndex(({ name }) => name === 'tasks of the server itself')
  await migrate(db, MIGRATIONS.slice(0, before))
  const add = (id: string, plugin: string | null) =>
    database
      .prepare(
        `INSERT INTO tasks (id, plugin_id, name, queue, state, priority, weight, exclusive, run_at_ms, due_ms, spec, level, created_at_ms)
        VALUES (?, ?, 'nightly', 'default', 'waiting', 5, 1, 0, 0, 0, '{}', 20, 0)`,
      )
      .run(id, plugin)
  database.exec(
    "INSERT INTO installations (id, enabled, grants, reviewed, created_at, updated_at) VALUES ('a', 1, '{}', '{}', '', '')",
  )
  add('gone', 'a')
  add('kept', 'a')
  database.exec(`DELETE FROM tasks WHERE id = 'gone'; INSERT INTO task_log VALUES (2, 1, 0, 20, 'a line')`)
  await migrate(db)
  add('new', null)
  assert.deepEqual(database.prepare('SELECT seq, id, plugin_id FROM tasks ORDER BY seq').raw().all(), [
    [2, 'kept', 'a'],
    [3, 'new', null],
  ])
  assert.deepEqual(database.prepare('SELECT task_seq, text FROM task_log').raw().all(), [[2, 'a line']])
  assert.deepEqual(database.pragma('foreign_key_check'), [])
  // What belongs to a plugin still goes with it, and a log with its task.
  database.exec("DELETE FROM installations WHERE id = 'a'")
  assert.deepEqual(database.prepare('SELECT id FROM tasks').pluck().all(), ['new'])
  assert.equal(database.prepare('SELECT count(*) FROM task_log').pluck().get(), 0)
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
        'data_version',
        'enabled',
        'grants',
        'id',
        'lifecycle',
        'removed_access',
        'removed_at',
        'reviewed',
        'updated_at',
      ],
      releases: ['doubt', 'installed_at', 'manifest', 'plugin_id', 'seq', 'served', 'sha256', 'version'],
      uninstalled: ['id', 'replaced_by', 'time'],
      settings: ['key', 'plugin_id', 'sealed_by', 'value'],
      host_settings: ['key', 'plugin_id', 'sealed_by', 'value'],
      host_values: ['key', 'plugin_id', 'sealed_by', 'value'],
      init_runs: ['name', 'plugin_id', 'stage', 'version'],
      kept_values: ['key', 'plugin_id', 'sealed_by', 'value'],
      orders: ['kind', 'name', 'place', 'plugin_id'],
      menu_titles: ['item', 'menu', 'plugin_id', 'title'],
      permission_uses: ['last_at', 'permission', 'plugin_id'],
      device_choices: ['place', 'plugin_id', 'product_id', 'serial_number', 'vendor_id'],
      quarantines: ['evidence', 'plugin_id', 'version'],
      audit: ['action', 'actor', 'actor_token', 'actor_user', 'detail', 'seq', 'subject', 'time'],
      users: ['created_at', 'disabled', 'epoch', 'id', 'name', 'permissions', 'seq'],
      passwords: ['hash', 'user_id'],
      password_links: ['expires_at_ms', 'hash', 'kind', 'user_id'],
      identities: ['created', 'issuer', 'subject', 'user_id'],
      user_sessions: ['epoch', 'expires_at_ms', 'hash', 'user_id'],
      browsers: ['hash', 'used_at_ms', 'user_id'],
      tokens: [
        'created_at',
        'expires_at',
        'given',
        'hash',
        'id',
        'last_used_at',
        'made_by',
        'made_by_user',
        'name',
        'permissions',
        'seq',
        'user_id',
      ],
      sessions: ['expires_at_ms', 'hash', 'token_id'],
      tasks: [
        ...['after_id', 'attempts', 'checkpoint', 'created_at_ms', 'due_ms', 'epoch', 'exclusive'],
        ...['finished_at_ms', 'id', 'key', 'lease_owner', 'lease_until_ms', 'level', 'name', 'plugin_id'],
        ...['priority', 'problem', 'progress', 'queue', 'replaced', 'result', 'run_at_ms', 'seq', 'spec'],
        ...['started_at_ms', 'state', 'weight', 'worked'],
      ],
      task_log: ['level', 'number', 'task_seq', 'text', 'time_ms'],
      task_plans: ['plan', 'plugin_id'],
      deliveries: [
        ...['attempts', 'created_at_ms', 'depth', 'epoch', 'event', 'event_id', 'id', 'key'],
        ...['lease_owner', 'lease_until_ms', 'name', 'plugin_id', 'problem', 'run_at_ms', 'seq', 'state'],
      ],
    },
  )
})
