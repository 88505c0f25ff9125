import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import SqliteDatabase from 'better-sqlite3'
import { openStore } from '../../plugin-store/open-store.ts'
import { audit, release, tempFolder } from './temp-store.ts'

test('a store that is opened again has everything', async (t) => {
  const folder = await tempFolder(t)
  const first = await openStore(folder)
  await first.catalog.addRelease(
    release('guestbook', '1.0.0'),
    {
      enabled: true,
      activeVersion: '1.0.0',
      grants: { kv: true },
      reviewed: { kv: true },
      access: ['a', 'b'],
    },
    audit('plugin.install'),
  )
  await first.settings.set('guestbook', { title: 'Gäste', depth: { a: [1, null] } }, audit('settings.set'))
  const { record, token } = await first.principals.addToken(
    { name: 'ci', permissions: ['*'] },
    audit('token.create'),
  )
  const session = await first.principals.addSession(record.id, 60_000)
  await first.close()

  const second = await openStore(folder)
  t.after(() => second.close())
  const installation = await second.catalog.get('guestbook')
  assert.equal(installation?.enabled, true)
  assert.equal(installation?.activeVersion, '1.0.0')
  assert.deepEqual(installation?.grants, { kv: true })
  assert.deepEqual(installation?.access, ['a', 'b'])
  assert.deepEqual(await second.catalog.releases('guestbook'), [release('guestbook', '1.0.0')])
  assert.deepEqual(await second.settings.get('guestbook'), [
    { pluginId: 'guestbook', key: 'depth', value: { a: [1, null] }, isSealed: false },
    { pluginId: 'guestbook', key: 'title', value: 'Gäste', isSealed: false },
  ])
  assert.equal((await second.principals.findToken(token))?.id, record.id)
  assert.equal((await second.principals.findSession(session))?.id, record.id)
  assert.equal((await second.audit.list({})).items.length, 3)
})

test('a new data folder and the store in it are for the owner only', async (t) => {
  const folder = join(await tempFolder(t), 'deep', 'data')
  const store = await openStore(folder)
  t.after(() => store.close())
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  assert.equal((await stat(join(folder, 'store.db'))).mode & 0o777, 0o600)
  assert.equal((await stat(join(folder, 'store.db-wal'))).mode & 0o777, 0o600)
  for (const path of [
    store.paths.artifacts,
    store.paths.staging,
    store.paths.cache,
    store.paths.pluginData,
  ]) {
    assert.equal((await stat(path)).mode & 0o777, 0o700, path)
  }
})

test('the database file is sound and stays in WAL mode', async (t) => {
  const folder = await tempFolder(t)
  const store = await openStore(folder)
  await store.close()
  const database = new SqliteDatabase(join(folder, 'store.db'))
  assert.equal(database.pragma('journal_mode', { simple: true }), 'wal')
  assert.equal(database.pragma('integrity_check', { simple: true }), 'ok')
  assert.deepEqual(database.pragma('foreign_key_check'), [])
  database.close()
})

test('a data folder that cannot be made is refused by name', async (t) => {
  const file = join(await tempFolder(t), 'file')
  await writeFile(file, '')
  await assert.rejects(openStore(join(file, 'data')), (error: Error & { code?: string }) => {
    assert.equal(error.name, 'StoreError')
    assert.equal(error.code, 'FILE_UNUSABLE')
    assert.match(error.message, /file\/data/)
    return true
  })
})

test('a file that is not a database is refused, left as it is, and the folder is unlocked', async (t) => {
  const folder = await tempFolder(t)
  await writeFile(join(folder, 'store.db'), 'this is no database, '.repeat(100))
  await assert.rejects(openStore(folder), { name: 'StoreError', code: 'INTERNAL' })
  await writeFile(join(folder, 'store.db'), '')
  const store = await openStore(folder)
  await store.close()
})

test('a store of a newer version is refused and not changed', async (t) => {
  const folder = await tempFolder(t)
  await (await openStore(folder)).close()
  const database = new SqliteDatabase(join(folder, 'store.db'))
  database.exec("INSERT INTO schema_version VALUES (999, 'of the future', '2099-01-01T00:00:00.000Z')")
  database.close()
  await assert.rejects(openStore(folder), { code: 'STORE_NEWER', message: /schema version 999/ })
})

test('opening sweeps staging leftovers and artifacts that no release names', async (t) => {
  const folder = await tempFolder(t)
  const first = await openStore(folder)
  const staged = await mkdtemp(join(first.paths.staging, 'package-'))
  await writeFile(join(staged, 'manifest.json'), '{}')
  await first.artifacts.publishArtifact(staged, 'a'.repeat(64))
  await first.catalog.addRelease(release('guestbook', '1.0.0', 'a'), {}, audit('plugin.install'))
  // What a kill between publishing and recording leaves, and one in the middle of staging.
  await mkdir(join(first.paths.artifacts, 'b'.repeat(64), 'backend'), { recursive: true })
  await mkdir(join(first.paths.staging, 'package-left', 'backend'), { recursive: true })
  await writeFile(join(first.paths.staging, 'upload.zip'), 'PK')
  await first.close()

  const second = await openStore(folder)
  t.after(() => second.close())
  assert.deepEqual(await readdir(second.paths.artifacts), ['a'.repeat(64)])
  assert.deepEqual(await readdir(join(second.paths.artifacts, 'a'.repeat(64))), ['manifest.json'])
  assert.deepEqual(await readdir(second.paths.staging), [])
})

test('a closed store refuses work, and closing it twice is one close', async (t) => {
  const folder = await tempFolder(t)
  const store = await openStore(folder)
  const underWay = store.audit.append('x', audit('test'))
  await store.close()
  await store.close()
  await underWay
  await assert.rejects(store.catalog.list(), { code: 'INTERNAL', message: 'The store is closed' })
  const again = await openStore(folder)
  assert.equal((await again.audit.list({})).items.length, 1)
  await again.close()
})
