import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createCatalog } from '../../plugin-store/catalog.ts'
import { openEngine } from '../../plugin-store/database/engine.ts'
import { createPrincipals } from '../../plugin-store/principals.ts'
import { StoreError, toStoreError } from '../../plugin-store/store-error.ts'
import { audit, release, tempFolder } from './temp-store.ts'

test('a store that is full says STORE_FULL and keeps what it had; signing in still works', async (t) => {
  const engine = await openEngine(join(await tempFolder(t), 'store.db'))
  t.after(() => engine.close())
  const catalog = createCatalog({
    engine,
    now: Date.now,
    onRelease: async () => undefined,
    afterRelease: async () => undefined,
  })
  const warnings: string[] = []
  const principals = createPrincipals(engine, { now: Date.now, warn: (message) => warnings.push(message) })
  const admin = { name: 'admin', permissions: ['*'], secret: 'pbt_secret' }
  await principals.putToken(admin, audit('token.create'))
  await catalog.addRelease(release('a', '1.0.0', 'a'), { activeVersion: '1.0.0' }, audit('plugin.install'))
  // SQLite answers as on a full disk when a file may not grow.
  await engine.read(async (db) => {
    const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(db)
    await sql.raw(`PRAGMA max_page_count = ${rows[0]?.page_count ?? 0}`).execute(db)
  })
  const next = release('a', '2.0.0', 'b')
  const big = { ...next, manifest: { ...next.manifest, description: 'x'.repeat(100_000) } }
  await assert.rejects(catalog.addRelease(big, { activeVersion: '2.0.0' }, audit('plugin.install')), {
    name: 'StoreError',
    code: 'STORE_FULL',
  })
  assert.deepEqual(
    (await catalog.releases('a')).map((each) => each.version),
    ['1.0.0'],
  )
  assert.equal((await catalog.get('a'))?.activeVersion, '1.0.0')
  assert.equal((await principals.findToken('pbt_secret'))?.name, 'admin')

  await engine.read((db) => sql`PRAGMA query_only = ON`.execute(db))
  assert.equal((await principals.findToken('pbt_secret'))?.name, 'admin')
  await assert.rejects(catalog.change('a', { enabled: true }, audit('plugin.enable')), {
    code: 'STORE_READ_ONLY',
  })
})

test('a "last used" that cannot be written is reported, and the token is found all the same', async (t) => {
  const engine = await openEngine(join(await tempFolder(t), 'store.db'))
  t.after(() => engine.close())
  const warnings: string[] = []
  const principals = createPrincipals(engine, { now: Date.now, warn: (message) => warnings.push(message) })
  await principals.putToken(
    { name: 'admin', permissions: ['*'], secret: 'pbt_secret' },
    audit('token.create'),
  )
  await engine.read((db) => sql`PRAGMA query_only = ON`.execute(db))
  assert.equal((await principals.findToken('pbt_secret'))?.name, 'admin')
  assert.deepEqual(warnings, ['Cannot record when a token was last used'])
})

test('errors of the system and of SQLite get the code that the operator can act on', async (t) => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  assert.equal(toStoreError(full, 'Cannot write').code, 'STORE_FULL')
  assert.equal(
    toStoreError(Object.assign(new Error('x'), { code: 'EDQUOT' }), 'Cannot write').code,
    'STORE_FULL',
  )
  assert.equal(
    toStoreError(Object.assign(new Error('x'), { code: 'EROFS' }), 'Cannot write').code,
    'STORE_READ_ONLY',
  )
  assert.equal(toStoreError(Object.assign(new Error('x'), { code: 'EIO' }), 'Cannot write').code, 'INTERNAL')
  assert.equal(toStoreError(full, 'Cannot write').message, 'Cannot write: no space left on device')
  assert.equal(toStoreError(full, 'Cannot write').cause, full)
  const own = new StoreError('STORE_LOCKED', 'Locked')
  assert.equal(toStoreError(own, 'Cannot write'), own)
  const folder = await tempFolder(t)
  await writeFile(join(folder, 'file'), '')
  await assert.rejects(openEngine(join(folder, 'file', 'store.db')), {
    code: 'INTERNAL',
    message: /^Cannot open the store/,
  })
})
