// Compare and set, and counters: the parts of env.kv that Workers KV has not.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { openKvEngine } from '../../../../runtime/data/worker/kv/kv-engine.ts'
import type { KvPutOptions } from '../../../../sdk/plugin-api/kv.ts'

const START = Date.parse('2026-11-01T00:00:00Z')

async function openKv(t: TestContext, now: () => number) {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-kv-'))
  const engine = openKvEngine({ folder, now })
  t.after(async () => {
    engine.closeAll()
    await rm(folder, { recursive: true, force: true })
  })
  const call = (method: string, args: readonly unknown[], body?: Uint8Array) =>
    engine.handle({ pluginId: 'guestbook', method, args, body, quotaBytes: 1_000_000 })
  const kv = {
    call,
    get: (key: string) => {
      const { body } = call('kv.get', [key])
      return body === undefined ? null : Buffer.from(body).toString()
    },
    put: (key: string, value: string, options?: KvPutOptions) =>
      call('kv.put', [key, options], Buffer.from(value)),
    delete: (key: string) => call('kv.delete', [key]),
  }
  return { kv, folder }
}

test('put and delete with a version happen only to what was read', async (t) => {
  let now = START
  const { kv } = await openKv(t, () => now)
  const version = (key: string) => (kv.call('kv.get', [key]).head as { version?: string }).version
  const put = (value: string, ifVersion: string | null) => kv.put('a', value, { ifVersion }).head
  assert.equal(put('x', '1'), null)
  assert.deepEqual(put('one', null), { version: '1' })
  assert.equal(put('two', null), null)
  assert.equal(put('two', '7'), null)
  assert.equal(kv.get('a'), 'one')
  assert.deepEqual(put('two', '1'), { version: '2' })
  assert.equal(put('three', '1'), null)
  assert.equal(version('a'), '2')
  assert.equal(kv.call('kv.delete', ['a', { ifVersion: '1' }]).head, false)
  assert.equal(kv.call('kv.delete', ['a', { ifVersion: '2' }]).head, true)
  assert.equal(kv.call('kv.delete', ['a', { ifVersion: '2' }]).head, false)
  kv.put('a', 'anew')
  assert.equal(put('old', '2'), null, 'a key that was made anew has a version of its own')
  kv.put('a', 'short', { expirationTtl: 1 })
  const last = version('a') ?? ''
  now += 2000
  assert.equal(put('late', last), null)
  assert.deepEqual(put('first', null), { version: '5' })
  for (const ifVersion of [1, {}, true]) {
    assert.throws(() => kv.call('kv.put', ['a', { ifVersion }]), { code: 'HOST_CALL_INVALID' })
  }
})

test('a counter is added to in one step, keeps its end, and is text', async (t) => {
  let now = START
  const { kv } = await openKv(t, () => now)
  const add = (...args: readonly unknown[]) => kv.call('kv.increment', ['n', ...args]).head
  assert.deepEqual([add(), add(5), add(-10), add(0)], [1, 6, -4, -4])
  assert.equal(kv.get('n'), '-4')
  kv.put('n', '41', { metadata: 'kept' })
  assert.equal(add(), 42)
  assert.equal((kv.call('kv.get', ['n']).head as { metadata?: unknown }).metadata, 'kept')
  kv.delete('n')
  assert.equal(add(1, { expirationTtl: 60 }), 1)
  now += 50_000
  assert.equal(add(1, { expirationTtl: 60 }), 2)
  now += 20_000
  assert.equal(kv.get('n'), null)
  assert.equal(add(1), 1)
  for (const value of ['', 'x', '1.5', '1e3', ' 1', '9007199254740993', '99999999999999999999']) {
    kv.put('n', value)
    assert.throws(() => add(), { code: 'HOST_CALL_INVALID' }, value)
    assert.equal(kv.get('n'), value)
  }
  kv.put('n', String(Number.MAX_SAFE_INTEGER))
  assert.throws(() => add(), /too large/)
  for (const by of [0.5, Infinity, '1', 2 ** 53]) assert.throws(() => add(by), { code: 'HOST_CALL_INVALID' })
})

test('a file of the time before versions gets them', async (t) => {
  const { kv, folder } = await openKv(t, () => START)
  await mkdir(join(folder, 'guestbook'))
  const old = new DatabaseSync(join(folder, 'guestbook', 'kv.db'))
  old.exec(`
    CREATE TABLE kv (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, expires_at_ms INTEGER, metadata TEXT, value BLOB NOT NULL) STRICT;
    CREATE TABLE usage (id INTEGER PRIMARY KEY CHECK (id = 1), bytes INTEGER NOT NULL) STRICT;
    INSERT INTO usage VALUES (1, 2); INSERT INTO kv (key, size, value) VALUES (x'61', 2, x'62');`)
  old.close()
  assert.equal(kv.get('a'), 'b')
  assert.deepEqual(kv.put('a', 'c', { ifVersion: '0' }), { head: { version: '1' } })
})
