import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { type Db, openEngine } from '../../../plugin-store/database/engine.ts'
import { tempFolder } from '../temp-store.ts'

async function pragma(db: Db, name: string): Promise<unknown> {
  const { rows } = await sql.raw<Record<string, unknown>>(`PRAGMA ${name}`).execute(db)
  return Object.values(rows[0] ?? {})[0]
}

test('the connection waits for the disk, keeps references and waits for locks', async (t) => {
  const engine = await openEngine(join(await tempFolder(t), 'store.db'))
  t.after(() => engine.close())
  await engine.read(async (db) => {
    assert.equal(await pragma(db, 'journal_mode'), 'wal')
    assert.equal(await pragma(db, 'synchronous'), 2)
    assert.equal(await pragma(db, 'foreign_keys'), 1)
    assert.equal(await pragma(db, 'busy_timeout'), 5000)
  })
})

test('a store that does not flush keeps its log, and waits for no disk', async (t) => {
  const engine = await openEngine(join(await tempFolder(t), 'store.db'), { flush: false })
  t.after(() => engine.close())
  await engine.read(async (db) => {
    assert.equal(await pragma(db, 'journal_mode'), 'wal')
    assert.equal(await pragma(db, 'synchronous'), 1)
  })
})

test('transactions that start together run one after the other', async (t) => {
  const engine = await openEngine(join(await tempFolder(t), 'store.db'))
  t.after(() => engine.close())
  await engine.transaction((db) =>
    db.insertInto('uninstalled').values({ id: 'counter', time: '0' }).execute(),
  )
  const increment = () =>
    engine.transaction(async (db) => {
      const row = await db.selectFrom('uninstalled').select('time').executeTakeFirstOrThrow()
      await new Promise((resolve) => setImmediate(resolve))
      await db
        .updateTable('uninstalled')
        .set({ time: String(Number(row.time) + 1) })
        .execute()
    })
  await Promise.all(Array.from({ length: 25 }, increment))
  const row = await engine.read((db) => db.selectFrom('uninstalled').select('time').executeTakeFirst())
  assert.equal(row?.time, '25')
})

test('a broken reference is refused at the end of the transaction, which then has changed nothing', async (t) => {
  const engine = await openEngine(join(await tempFolder(t), 'store.db'))
  t.after(() => engine.close())
  const values = {
    plugin_id: 'nobody',
    version: '1.0.0',
    sha256: 'a'.repeat(64),
    manifest: '{}',
    installed_at: '',
  }
  await assert.rejects(
    engine.transaction((db) => db.insertInto('releases').values(values).execute()),
    {
      code: 'INTERNAL',
      message: /FOREIGN KEY/,
    },
  )
  assert.deepEqual(await engine.read((db) => db.selectFrom('releases').select('seq').execute()), [])
  await engine.transaction((db) => db.insertInto('uninstalled').values({ id: 'x', time: '0' }).execute())
})
