// Secrets in the store: sealed from their first write, bound to their plugin and setting, readable by the key file only, and safe
// from a crash at any moment of a rotation.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import SqliteDatabase from 'better-sqlite3'
import { openStore, type StoreOptions } from '../../plugin-store/open-store.ts'
import type { Store } from '../../plugin-store/store.ts'
import { audit, release, tempFolder } from './temp-store.ts'

const VALUE = 'canary-kZ81-very-secret-value'

/** A release with the secrets "apiKey" and "other", and the setting "plain". */
function keeper(pluginId: string, version = '1.0.0', isSecret = true) {
  const base = release(pluginId, version)
  const secret = { type: 'string' as const, ...(isSecret && { format: 'secret' as const }) }
  const properties = { apiKey: secret, other: secret, plain: { type: 'string' as const } }
  return { ...base, manifest: { ...base.manifest, settings: { type: 'object' as const, properties } } }
}

async function withStore<T>(
  folder: string,
  work: (store: Store) => Promise<T>,
  options: StoreOptions = {},
): Promise<T> {
  const store = await openStore(folder, options)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const valuesOf = async ({ settings }: Store, id: string): Promise<Record<string, unknown>> =>
  Object.fromEntries((await settings.get(id)).map(({ key, value, unreadable }) => [key, unreadable ?? value]))

async function filled(folder: string): Promise<void> {
  await withStore(folder, async ({ catalog, settings }) => {
    for (const id of ['a', 'b'])
      await catalog.addRelease(keeper(id), { activeVersion: '1.0.0' }, audit('plugin.install'))
    await settings.set('a', { apiKey: VALUE, plain: 'shown' }, audit('settings.set'))
    await settings.set('b', { apiKey: `${VALUE} of b` }, audit('settings.set'))
  })
}

/** Every file of the data folder but the key, as one. */
async function everything(folder: string): Promise<Buffer> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile() && !entry.name.startsWith('secrets.key'))
  return Buffer.concat(await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name)))))
}

async function keysIn(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'secrets.key'), 'utf8')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

test('A18: a secret is in no file but sealed, other settings are readable, and the key is for its owner alone', async (t) => {
  const folder = await tempFolder(t)
  await withStore(folder, async ({ catalog, settings }) => {
    await catalog.addRelease(keeper('a'), {}, audit('plugin.install'))
    await settings.set('a', { apiKey: VALUE, plain: 'shown-setting' }, audit('settings.set'))
    const files = await everything(folder)
    assert.ok(!files.includes(VALUE))
    assert.ok(files.includes('shown-setting'))
    assert.deepEqual(await settings.get('a'), [
      { pluginId: 'a', key: 'apiKey', value: VALUE, isSealed: true },
      { pluginId: 'a', key: 'plain', value: 'shown-setting', isSealed: false },
    ])
  })
  assert.equal((await stat(join(folder, 'secrets.key'))).mode & 0o777, 0o600)
  assert.ok(!(await everything(folder)).includes(VALUE))
})

test('a sealed value of another plugin, of another setting, or a changed one does not open', async (t) => {
  const folder = await tempFolder(t)
  await filled(folder)
  const database = new SqliteDatabase(join(folder, 'store.db'))
  database.exec(`
    INSERT INTO settings SELECT 'a', 'other', value, sealed_by FROM settings WHERE plugin_id = 'a' AND key = 'apiKey';
    UPDATE settings SET value = (SELECT value FROM settings WHERE plugin_id = 'a' AND key = 'apiKey')
      WHERE plugin_id = 'b' AND key = 'apiKey'`)
  database.close()
  await withStore(folder, async (store) => {
    const reason = 'it was changed, or belongs to another plugin or setting'
    assert.deepEqual(await valuesOf(store, 'a'), { apiKey: VALUE, other: reason, plain: 'shown' })
    assert.deepEqual(await valuesOf(store, 'b'), { apiKey: reason })
    assert.equal((await store.settings.get('b'))[0]?.value, undefined)
  })
})

test('clear text of an older version is sealed at the first start, and nothing of it is left in the file or its log', async (t) => {
  const folder = await tempFolder(t)
  await withStore(folder, async ({ catalog }) => {
    await catalog.addRelease(keeper('a'), {}, audit('plugin.install'))
  })
  await rm(join(folder, 'secrets.key'))
  const old = new SqliteDatabase(join(folder, 'store.db'))
  old.exec('PRAGMA secure_delete = OFF; PRAGMA user_version = 0; PRAGMA wal_autocheckpoint = 0')
  const put = old.prepare('INSERT OR REPLACE INTO settings VALUES (?, ?, json_quote(?), NULL)')
  for (let n = 0; n < 200; n++)
    put.run('a', n % 2 === 0 ? 'apiKey' : 'other', `${VALUE} ${'x'.repeat(n * 20)}`)
  put.run('a', 'apiKey', VALUE)
  old.exec("DELETE FROM settings WHERE key = 'other'")
  assert.ok((await everything(folder)).includes(VALUE))
  old.close()
  assert.ok((await everything(folder)).includes(VALUE))
  await withStore(folder, async (store) => {
    assert.deepEqual(await valuesOf(store, 'a'), { apiKey: VALUE })
    assert.ok(!(await everything(folder)).includes(VALUE.slice(0, 12)))
  })
  assert.ok(!(await everything(folder)).includes(VALUE.slice(0, 12)))
})

test('a setting that a new release declares to be a secret is sealed with it, and nothing of it is left', async (t) => {
  const folder = await tempFolder(t)
  await withStore(folder, async (store) => {
    const { catalog, settings } = store
    await catalog.addRelease(keeper('a', '1.0.0', false), {}, audit('plugin.install'))
    await settings.set('a', { apiKey: VALUE }, audit('settings.set'))
    assert.ok((await everything(folder)).includes(VALUE))
    await catalog.addRelease(keeper('a', '2.0.0'), {}, audit('plugin.update'))
    assert.deepEqual(await valuesOf(store, 'a'), { apiKey: VALUE })
    assert.ok(!(await everything(folder)).includes(VALUE.slice(0, 12)))
  })
})

test('without its key or with a wrong one the store opens, says why, stores no secret and overwrites nothing', async (t) => {
  const folder = await tempFolder(t)
  await filled(folder)
  const path = join(folder, 'secrets.key')
  await rename(path, join(folder, 'kept'))
  const warnings: string[] = []
  const options = { warn: (message: string, error: unknown) => warnings.push(`${message}: ${error}`) }
  await withStore(
    folder,
    async (store) => {
      assert.match(String((await valuesOf(store, 'a')).apiKey), /^the key file ".*secrets\.key" is missing$/)
      assert.equal((await valuesOf(store, 'a')).plain, 'shown')
      await assert.rejects(store.settings.set('a', { apiKey: 'new' }, audit('settings.set')), {
        code: 'SECRETS_KEY_UNUSABLE',
      })
      await store.settings.set('a', { plain: 'still set' }, audit('settings.set'))
      await assert.rejects(store.secrets.rotate({}, audit('secrets.rotate')), {
        code: 'SECRETS_KEY_UNUSABLE',
        message: /"apiKey" of "a", "apiKey" of "b"/,
      })
    },
    options,
  )
  await assert.rejects(stat(path), { code: 'ENOENT' })
  assert.match(warnings.join('\n'), /none can be stored: .*secrets\.key/)

  await writeFile(path, 'not a key\n')
  await withStore(folder, async (store) => {
    assert.match(String((await valuesOf(store, 'a')).apiKey), /holds a line that is not a key/)
  })
  assert.equal(await readFile(path, 'utf8'), 'not a key\n')

  await writeFile(path, `${Buffer.alloc(32, 1).toString('base64')}\n`)
  await withStore(folder, async (store) => {
    assert.match(String((await valuesOf(store, 'a')).apiKey), /sealed with the key "[0-9a-f]{16}", which/)
    await store.settings.set('b', { other: 'with the wrong key' }, audit('settings.set'))
  })

  // The first key comes back, beside the one that was used meanwhile.
  const kept = await readFile(join(folder, 'kept'), 'utf8')
  await writeFile(path, `${await readFile(path, 'utf8')}${kept}`)
  await withStore(folder, async (store) => {
    assert.deepEqual(await valuesOf(store, 'a'), { apiKey: VALUE, plain: 'still set' })
    assert.deepEqual(await valuesOf(store, 'b'), { apiKey: `${VALUE} of b`, other: 'with the wrong key' })
  })
  assert.equal((await keysIn(folder)).length, 1)
})

test('a lost key is replaced only when the loss is accepted; what it sealed stays, and comes back with it', async (t) => {
  const folder = await tempFolder(t)
  await filled(folder)
  const path = join(folder, 'secrets.key')
  await rename(path, join(folder, 'kept'))
  await withStore(folder, async (store) => {
    const { rotated, unreadable } = await store.secrets.rotate({ acceptLoss: true }, audit('secrets.rotate'))
    assert.deepEqual([rotated, unreadable.length], [0, 2])
    await store.settings.set('a', { apiKey: 'new value' }, audit('settings.set'))
    assert.equal((await valuesOf(store, 'a')).apiKey, 'new value')
    assert.match(String((await valuesOf(store, 'b')).apiKey), /which the key file does not hold/)
  })
  await writeFile(path, `${await readFile(path, 'utf8')}${await readFile(join(folder, 'kept'), 'utf8')}`)
  await withStore(folder, async (store) => {
    assert.equal((await valuesOf(store, 'a')).apiKey, 'new value')
    assert.equal((await valuesOf(store, 'b')).apiKey, `${VALUE} of b`)
  })
})

test('a rotation seals all secrets anew and drops the old key, which opens nothing of a later copy', async (t) => {
  const folder = await tempFolder(t)
  await filled(folder)
  const [before] = await keysIn(folder)
  const sealed = () => {
    const database = new SqliteDatabase(join(folder, 'store.db'), { readonly: true })
    try {
      return database
        .prepare('SELECT sealed_by, value FROM settings WHERE sealed_by IS NOT NULL')
        .raw()
        .all() as [string, string][]
    } finally {
      database.close()
    }
  }
  const old = sealed()
  await withStore(folder, async (store) => {
    assert.deepEqual(await store.secrets.rotate({}, audit('secrets.rotate')), { rotated: 2, unreadable: [] })
    assert.deepEqual(await valuesOf(store, 'a'), { apiKey: VALUE, plain: 'shown' })
    await store.settings.set('a', { other: 'set afterwards' }, audit('settings.set'))
    const { items } = await store.audit.list({ subject: 'secrets' })
    assert.deepEqual(items[0]?.detail, { rotated: 2, unreadable: 0 })
  })
  const after = await keysIn(folder)
  assert.equal(after.length, 1)
  assert.notEqual(after[0], before)
  assert.ok(sealed().every(([by]) => !old.some(([oldBy]) => oldBy === by)))
  const files = await everything(folder)
  for (const [, value] of old) assert.ok(!files.includes(JSON.parse(value).slice(4, 40)))
  await withStore(folder, async (store) => {
    assert.deepEqual(await valuesOf(store, 'a'), { apiKey: VALUE, other: 'set afterwards', plain: 'shown' })
    // Two at once: one after the other.
    await Promise.all([1, 2].map(() => store.secrets.rotate({}, audit('secrets.rotate'))))
    assert.equal((await valuesOf(store, 'b')).apiKey, `${VALUE} of b`)
  })
  assert.equal((await keysIn(folder)).length, 1)
})

test('a key file that cannot be written stops a rotation before it begins', async (t) => {
  const folder = await tempFolder(t)
  const keyFile = join(folder, 'keys', 'the.key')
  await withStore(
    folder,
    async (store) => {
      await store.catalog.addRelease(keeper('a'), {}, audit('plugin.install'))
      await store.settings.set('a', { apiKey: VALUE }, audit('settings.set'))
      const before = await readFile(keyFile, 'utf8')
      // Even for an administrator of the system, no file can be made in place of a folder.
      await mkdir(`${keyFile}.new`)
      await assert.rejects(store.secrets.rotate({}, audit('secrets.rotate')), /Cannot change the key/)
      assert.equal(await readFile(keyFile, 'utf8'), before)
      assert.equal((await valuesOf(store, 'a')).apiKey, VALUE)
    },
    { keyFile },
  )
})

const ROUNDS = 12
const SECRETS = 150

test('a rotation that is killed at any moment leaves every secret readable, and the next start completes it', async (t) => {
  const folder = await tempFolder(t)
  await withStore(folder, async ({ catalog, settings }) => {
    for (let n = 0; n < SECRETS; n++) {
      const id = `plugin-${n}`
      await catalog.addRelease(keeper(id), {}, audit('plugin.install'))
      await settings.set(id, { apiKey: `${VALUE} ${n}` }, audit('settings.set'))
    }
  })
  const script = `
    import { openStore } from ${JSON.stringify(new URL('../../plugin-store/open-store.ts', import.meta.url).href)}
    const store = await openStore(${JSON.stringify(folder)})
    process.stdout.write('ready ')
    for (;;) await store.secrets.rotate({}, { actor: 'tester', action: 'secrets.rotate' })`
  const keysLeft: number[] = []
  const unreadable: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await delay(Math.random() * 120)
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    keysLeft.push((await keysIn(folder)).length)
    await withStore(folder, async (store) => {
      for (let n = 0; n < SECRETS; n++) {
        const { apiKey } = await valuesOf(store, `plugin-${n}`)
        if (apiKey !== `${VALUE} ${n}`) unreadable.push(`round ${round}, plugin ${n}: ${String(apiKey)}`)
      }
    })
    assert.equal((await keysIn(folder)).length, 1)
  }
  assert.deepEqual(unreadable, [])
  // Otherwise no kill has hit a rotation, and the test shows nothing.
  assert.ok(
    keysLeft.some((count) => count > 1),
    `keys after each kill: ${keysLeft.join(', ')}`,
  )
})

test('each state that a killed rotation can leave is completed: the key written, the rows sealed', async (t) => {
  const folder = await tempFolder(t)
  await filled(folder)
  const path = join(folder, 'secrets.key')
  const old = await readFile(path, 'utf8')
  const key = (n: number) => Buffer.alloc(32, n).toString('base64url')
  // The new key is in the file, no row is sealed with it.
  await writeFile(path, `${key(7)}\n${old}`)
  await withStore(folder, async (store) => assert.equal((await valuesOf(store, 'a')).apiKey, VALUE))
  assert.deepEqual(await keysIn(folder), [key(7)])
  // All rows are sealed with it, the old key is still in the file.
  await writeFile(path, `${key(7)}\n${old}`)
  await withStore(folder, async (store) => assert.equal((await valuesOf(store, 'a')).apiKey, VALUE))
  assert.deepEqual(await keysIn(folder), [key(7)])
})
