import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import {
  type KvEngine,
  type KvEngineOptions,
  openKvEngine,
} from '../../../../runtime/data/worker/kv/kv-engine.ts'
import type { KvListResult, KvPutOptions } from '../../../../sdk/plugin-api/kv.ts'

const START = Date.parse('2026-11-01T00:00:00Z')

async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-kv-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Speaks to the engine as one plugin, in words of env.kv. */
function kvOf(engine: KvEngine, pluginId = 'guestbook', quotaBytes = 64_000_000) {
  const call = (method: string, args: readonly unknown[], body?: Uint8Array) =>
    engine.handle({ pluginId, method, args, body, quotaBytes })
  return {
    call,
    get(key: unknown): string | null {
      const { head, body } = call('kv.get', [key])
      assert.equal((head as { found: boolean }).found, body !== undefined)
      return body === undefined ? null : Buffer.from(body).toString()
    },
    put: (key: unknown, value: string | Uint8Array, options?: KvPutOptions) =>
      call('kv.put', [key, options], typeof value === 'string' ? Buffer.from(value) : value),
    delete: (key: unknown) => call('kv.delete', [key]),
    list: (options?: unknown) => call('kv.list', [options]).head as KvListResult,
    names: (options?: unknown) =>
      (call('kv.list', [options]).head as KvListResult).keys.map((key) => key.name),
  }
}

async function openTemp(t: TestContext, options: Partial<KvEngineOptions> = {}) {
  const folder = await tempFolder(t)
  const engine = openKvEngine({ folder, ...options })
  t.after(() => engine.closeAll())
  return { folder, engine }
}

function usageIn(folder: string, pluginId = 'guestbook') {
  const database = new DatabaseSync(join(folder, pluginId, 'kv.db'), { readOnly: true })
  const counted = database.prepare('SELECT bytes FROM usage').get()?.bytes
  const actual = database
    .prepare(
      'SELECT ifnull(sum(length(key) + length(value) + ifnull(length(CAST(metadata AS BLOB)), 0)), 0) AS bytes FROM kv',
    )
    .get()?.bytes
  const rows = database.prepare('SELECT count(*) AS n FROM kv').get()?.n
  database.close()
  return { counted, actual, rows }
}

test('a value is there after put, replaced by the next put, gone after delete', async (t) => {
  const { engine } = await openTemp(t)
  const kv = kvOf(engine)
  assert.deepEqual(kv.call('kv.get', ['a']), { head: { found: false } })
  assert.deepEqual(kv.put('a', 'one'), { head: { version: '1' } })
  assert.equal(kv.get('a'), 'one')
  kv.put('a', 'two')
  assert.equal(kv.get('a'), 'two')
  assert.deepEqual(kv.delete('a'), { head: true })
  assert.equal(kv.get('a'), null)
  assert.deepEqual(kv.delete('a'), { head: true })
})

test('values are bytes: empty ones, binary ones, and 1 MB but not one byte more', async (t) => {
  const { engine } = await openTemp(t)
  const kv = kvOf(engine)
  kv.put('empty', new Uint8Array())
  assert.equal(kv.get('empty'), '')
  assert.deepEqual(kv.call('kv.put', ['no body', undefined]), { head: { version: '2' } })
  assert.equal(kv.get('no body'), '')
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 256)
  kv.put('big', bytes)
  assert.ok(Buffer.from(bytes).equals(kv.call('kv.get', ['big']).body ?? new Uint8Array()))
  assert.throws(() => kv.put('big', new Uint8Array(1_000_001)), {
    name: 'DataError',
    code: 'HOST_CALL_INVALID',
  })
  assert.equal(kv.call('kv.get', ['big']).body?.length, 1_000_000)
})

test('keys are 1 to 512 bytes of well-formed text, each its own', async (t) => {
  const { engine } = await openTemp(t)
  const kv = kvOf(engine)
  const keys = [
    'a',
    'A',
    'a\0',
    'a\0b',
    'é',
    'e\u0301',
    '😀',
    ' ',
    '...',
    '__proto__',
    "'; DROP TABLE kv; --",
    'x'.repeat(512),
    '€'.repeat(170),
  ]
  for (const key of keys) kv.put(key, `value of ${key}`)
  for (const key of keys) assert.equal(kv.get(key), `value of ${key}`, JSON.stringify(key))
  assert.equal(kv.names().length, keys.length)
  assert.deepEqual(new Set(kv.names()), new Set(keys))
  for (const key of [
    '',
    '.',
    '..',
    'x'.repeat(513),
    '€'.repeat(171),
    '\ud800',
    'a\udc00b',
    undefined,
    null,
    1,
    {},
    ['a'],
  ]) {
    for (const call of [() => kv.get(key), () => kv.put(key, 'x'), () => kv.delete(key)]) {
      assert.throws(call, { code: 'HOST_CALL_INVALID' }, JSON.stringify(key))
    }
  }
})

test('metadata comes back with get and list, up to 1,024 bytes of JSON', async (t) => {
  const { engine } = await openTemp(t)
  const kv = kvOf(engine)
  kv.put('with', 'x', { metadata: { author: 'Zoë', tags: [1, null] } })
  kv.put('zero', 'x', { metadata: 0 })
  kv.put('without', 'x')
  assert.deepEqual(kv.call('kv.get', ['with']).head, {
    found: true,
    version: '1',
    metadata: { author: 'Zoë', tags: [1, null] },
  })
  assert.deepEqual(kv.call('kv.get', ['zero']).head, { found: true, version: '2', metadata: 0 })
  assert.deepEqual(kv.call('kv.get', ['without']).head, { found: true, version: '3' })
  assert.deepEqual(kv.list().keys, [
    { name: 'with', metadata: { author: 'Zoë', tags: [1, null] } },
    { name: 'without' },
    { name: 'zero', metadata: 0 },
  ])
  kv.put('with', 'x', { metadata: 'x'.repeat(1022) })
  assert.throws(() => kv.put('with', 'x', { metadata: 'x'.repeat(1023) }), { code: 'HOST_CALL_INVALID' })
  assert.throws(() => kv.put('with', 'x', { metadata: 'é'.repeat(512) }), { code: 'HOST_CALL_INVALID' })
  kv.put('with', 'x')
  assert.deepEqual(kv.call('kv.get', ['with']).head, { found: true, version: '5' })
})

test('an expired key is invisible at once, and its row goes with a later write', async (t) => {
  let now = START
  const { engine, folder } = await openTemp(t, { now: () => now })
  const kv = kvOf(engine)
  kv.put('ttl', 'x', { expirationTtl: 1 })
  kv.put('at', 'x', { expiration: START / 1000 + 2 })
  kv.put('both', 'x', { expiration: START / 1000 + 2, expirationTtl: 60 })
  kv.put('never', 'x')
  assert.deepEqual(
    kv.list().keys.map((key) => [key.name, key.expiration]),
    [
      ['at', START / 1000 + 2],
      ['both', START / 1000 + 60],
      ['never', undefined],
      ['ttl', START / 1000 + 1],
    ],
  )
  now += 999
  assert.equal(kv.get('ttl'), 'x')
  now += 1
  assert.equal(kv.get('ttl'), null)
  assert.deepEqual(kv.names(), ['at', 'both', 'never'])
  now += 1000
  assert.deepEqual(kv.names(), ['both', 'never'])
  assert.equal(usageIn(folder).rows, 4)
  kv.put('next', 'x')
  assert.equal(usageIn(folder).rows, 3)
  kv.put('both', 'x')
  now += 3_600_000
  assert.equal(kv.get('both'), 'x', 'a put without expiry makes the key stay')
})

test('an expiry must lie in the future and be a number', async (t) => {
  const { engine } = await openTemp(t, { now: () => START })
  const kv = kvOf(engine)
  for (const expirationTtl of [0, 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, '60', 1e18]) {
    assert.throws(
      () => kv.call('kv.put', ['a', { expirationTtl }]),
      { code: 'HOST_CALL_INVALID' },
      String(expirationTtl),
    )
  }
  for (const expiration of [0, START / 1000, START / 1000 - 1, Number.NaN, '2099', 1e18]) {
    assert.throws(
      () => kv.call('kv.put', ['a', { expiration }]),
      { code: 'HOST_CALL_INVALID' },
      String(expiration),
    )
  }
  assert.throws(() => kv.call('kv.put', ['a', 'options']), { code: 'HOST_CALL_INVALID' })
  assert.throws(() => kv.call('kv.put', ['a', []]), { code: 'HOST_CALL_INVALID' })
  assert.equal(kv.get('a'), null)
  kv.put('a', 'x', { expirationTtl: 1.5 })
  assert.deepEqual(kv.list().keys, [{ name: 'a', expiration: START / 1000 + 2 }])
})

test('list walks the keys in byte order, by prefix, page by page, each once', async (t) => {
  const { engine } = await openTemp(t)
  const kv = kvOf(engine)
  const keys = ['a', 'a/', 'a/1', 'a/10', 'a/2', 'a0', 'b', 'z', 'é', '\u{ffff}', '😀', '\u{10ffff}']
  for (const key of keys.toReversed()) kv.put(key, 'x')
  // Code points order like bytes of UTF-8; UTF-16 units, as a plain sort compares them, would not.
  assert.deepEqual(kv.names(), keys)
  assert.deepEqual(kv.names({ prefix: 'a/' }), ['a/', 'a/1', 'a/10', 'a/2'])
  assert.deepEqual(kv.names({ prefix: '\u{10ffff}' }), ['\u{10ffff}'])
  assert.deepEqual(kv.names({ prefix: 'none' }), [])
  assert.deepEqual(kv.names({ prefix: '' }), keys)
  assert.deepEqual(kv.list({ limit: keys.length }).list_complete, true)
  assert.equal(kv.list({ limit: keys.length }).cursor, undefined)

  for (const limit of [1, 2, 3, 5]) {
    const seen: string[] = []
    let cursor: string | undefined = ''
    while (cursor !== undefined) {
      const page: KvListResult = kv.list({ limit, cursor })
      assert.ok(page.keys.length <= limit)
      assert.equal(page.list_complete, page.cursor === undefined)
      seen.push(...page.keys.map((key) => key.name))
      cursor = page.cursor
    }
    assert.deepEqual(seen, keys, `limit ${limit}`)
  }

  const page = kv.list({ prefix: 'a/', limit: 2 })
  kv.delete('a/1')
  kv.put('a/15', 'x')
  assert.deepEqual(kv.names({ prefix: 'a/', cursor: page.cursor }), ['a/10', 'a/15', 'a/2'])
})

test('list refuses limits and cursors that are not its own', async (t) => {
  const { engine } = await openTemp(t)
  const kv = kvOf(engine)
  for (const key of ['a1', 'a2', 'b1', 'b2']) kv.put(key, 'x')
  for (const limit of [0, -1, 1.5, 1001, '10', Number.NaN]) {
    assert.throws(() => kv.list({ limit }), { code: 'HOST_CALL_INVALID' }, String(limit))
  }
  const foreign = kv.list({ prefix: 'a', limit: 1 }).cursor
  for (const cursor of [
    '!',
    '=',
    `${foreign}=`,
    foreign,
    5,
    {},
    Buffer.from('x'.repeat(513)).toString('base64url'),
  ]) {
    assert.throws(() => kv.list({ prefix: 'b', cursor }), { code: 'HOST_CALL_INVALID' }, String(cursor))
  }
  assert.throws(() => kv.list({ prefix: 5 }), { code: 'HOST_CALL_INVALID' })
  assert.throws(() => kv.list({ prefix: '\ud800' }), { code: 'HOST_CALL_INVALID' })
  assert.throws(() => kv.list({ prefix: 'x'.repeat(513) }), { code: 'HOST_CALL_INVALID' })
})

test('a page of long keys and large metadata ends early, and goes on', async (t) => {
  const { engine } = await openTemp(t)
  const kv = kvOf(engine)
  const keys = Array.from(
    { length: 400 },
    (_, index) => `${String(index).padStart(4, '0')}${'k'.repeat(500)}`,
  )
  for (const key of keys) kv.put(key, '', { metadata: 'm'.repeat(1000) })
  const first = kv.list()
  assert.equal(first.list_complete, false)
  assert.ok(first.keys.length > 300 && first.keys.length < 400, `${first.keys.length} keys`)
  assert.deepEqual([...first.keys.map((key) => key.name), ...kv.names({ cursor: first.cursor })], keys)
})

test('the quota counts keys, values and metadata of live rows, exactly', async (t) => {
  let now = START
  const { engine, folder } = await openTemp(t, { now: () => now })
  const kv = kvOf(engine, 'guestbook', 100)
  kv.put('0123456789', 'x'.repeat(60), { metadata: 'x'.repeat(18) })
  kv.put('éé', 'x'.repeat(6))
  assert.deepEqual(usageIn(folder), { counted: 100, actual: 100, rows: 2 })
  assert.throws(() => kv.put('z', ''), { name: 'DataError', code: 'QUOTA_EXCEEDED' })
  assert.throws(() => kv.put('éé', 'x'.repeat(7)), { code: 'QUOTA_EXCEEDED' })
  assert.equal(kv.get('éé'), 'xxxxxx', 'a refused put leaves the old value')
  assert.deepEqual(usageIn(folder), { counted: 100, actual: 100, rows: 2 })
  kv.put('éé', 'x'.repeat(5))
  kv.put('z', '')
  kv.delete('0123456789')
  assert.deepEqual(usageIn(folder), { counted: 10, actual: 10, rows: 2 })

  for (let index = 0; index < 45; index += 1) kv.put(String(index).padStart(2, '0'), '', { expirationTtl: 1 })
  assert.throws(() => kv.put('more', ''), { code: 'QUOTA_EXCEEDED' })
  now += 1000
  kv.put('more', 'x'.repeat(86))
  assert.deepEqual(usageIn(folder), { counted: 100, actual: 100, rows: 3 })
})

test('a quota that was lowered lets the plugin store less, not more', async (t) => {
  const { engine } = await openTemp(t)
  kvOf(engine).put('a', 'x'.repeat(1000))
  const small = kvOf(engine, 'guestbook', 100)
  assert.equal(small.get('a')?.length, 1000)
  assert.throws(() => small.put('b', ''), { code: 'QUOTA_EXCEEDED' })
  small.put('a', 'x'.repeat(900))
  assert.throws(() => small.put('a', 'x'.repeat(901)), { code: 'QUOTA_EXCEEDED' })
  small.delete('a')
  small.put('b', '')
})

test('the file cannot outgrow the quota by means of many tiny values', async (t) => {
  const { engine, folder } = await openTemp(t)
  const quota = 100_000
  kvOf(engine, 'guestbook', quota).put('a', '')
  // The file is filled past its page limit behind the back of the engine, as overhead that the quota does not count.
  const database = new DatabaseSync(join(folder, 'guestbook', 'kv.db'))
  database.exec('CREATE TABLE overhead (x BLOB); INSERT INTO overhead VALUES (zeroblob(4300000))')
  database.close()
  assert.throws(() => kvOf(engine, 'guestbook', quota).put('b', 'x'.repeat(90_000)), {
    code: 'QUOTA_EXCEEDED',
  })
  assert.deepEqual(kvOf(engine).names(), ['a'])
  assert.equal(usageIn(folder).counted, 1)
  kvOf(engine, 'guestbook', 64_000_000).put('b', 'x'.repeat(90_000))
})

test('plugins see nothing of each other', async (t) => {
  const { engine, folder } = await openTemp(t)
  kvOf(engine, 'one').put('a', '1')
  kvOf(engine, 'two').put('a', '2')
  assert.equal(kvOf(engine, 'one').get('a'), '1')
  assert.equal(kvOf(engine, 'two').get('a'), '2')
  assert.deepEqual((await readdir(folder)).sort(), ['one', 'two'])
  assert.equal((await stat(join(folder, 'one'))).mode & 0o777, 0o700)
  assert.equal((await stat(join(folder, 'one', 'kv.db'))).mode & 0o777, 0o600)
})

test('an id that is none forms no path', async (t) => {
  const { engine, folder } = await openTemp(t)
  for (const id of [
    '',
    'a',
    '..',
    '../x',
    'a/b',
    'A-plugin',
    '1a',
    'a\0b',
    'ab\n',
    'x'.repeat(64),
    '__proto__',
  ]) {
    assert.throws(() => kvOf(engine, id).put('a', 'x'), { code: 'HOST_CALL_INVALID' }, id)
    assert.throws(() => kvOf(engine, id).get('a'), { code: 'HOST_CALL_INVALID' }, id)
    assert.throws(() => engine.remove(id), { code: 'HOST_CALL_INVALID' }, id)
  }
  assert.deepEqual(await readdir(folder), [])
})

test('methods that do not exist are refused', async (t) => {
  const { engine } = await openTemp(t)
  for (const method of ['kv.drop', 'get', '', '__proto__', 'constructor']) {
    assert.throws(() => kvOf(engine).call(method, ['a']), { code: 'HOST_CALL_UNKNOWN' }, method)
  }
})

test('what was stored is there after closing, and removal deletes it with its files', async (t) => {
  const { engine, folder } = await openTemp(t)
  const kv = kvOf(engine)
  kv.put('a', 'x')
  engine.close('guestbook')
  engine.close('guestbook')
  assert.deepEqual(await readdir(join(folder, 'guestbook')), ['kv.db'])
  assert.equal(kv.get('a'), 'x')
  engine.remove('guestbook')
  assert.deepEqual(await readdir(folder), [])
  engine.remove('guestbook')
  assert.equal(kv.get('a'), null)
  kv.put('a', 'y')
  await writeFile(join(folder, 'guestbook', 'other.db'), '')
  engine.remove('guestbook')
  assert.deepEqual(await readdir(join(folder, 'guestbook')), ['other.db'])
})

test('files that were not used for longest are closed first', async (t) => {
  const { engine, folder } = await openTemp(t, { maxOpen: 2 })
  const isOpen = async (id: string) => (await readdir(join(folder, id))).includes('kv.db-wal')
  kvOf(engine, 'one').put('a', '1')
  kvOf(engine, 'two').put('a', '2')
  kvOf(engine, 'one').get('a')
  kvOf(engine, 'three').put('a', '3')
  assert.deepEqual([await isOpen('one'), await isOpen('two'), await isOpen('three')], [true, false, true])
  for (const [id, value] of [
    ['one', '1'],
    ['two', '2'],
    ['three', '3'],
  ])
    assert.equal(kvOf(engine, id).get('a'), value)
})

test('a file that is damaged fails the call, and the engine goes on', async (t) => {
  const { engine, folder } = await openTemp(t)
  kvOf(engine).put('a', 'x')
  engine.close('guestbook')
  await writeFile(join(folder, 'guestbook', 'kv.db'), 'no database at all '.repeat(1000))
  assert.throws(() => kvOf(engine).get('a'), { name: 'DataError', code: 'HOST_CALL_FAILED' })
  kvOf(engine, 'other').put('a', 'x')
  engine.remove('guestbook')
  kvOf(engine).put('a', 'y')
  assert.equal(kvOf(engine).get('a'), 'y')
})

test('every put that was answered survives a kill of the process', async (t) => {
  const folder = await tempFolder(t)
  const script = `
    import { openKvEngine } from ${JSON.stringify(new URL('../../../../runtime/data/worker/kv/kv-engine.ts', import.meta.url).href)}
    import { writeSync } from 'node:fs'
    const engine = openKvEngine({ folder: process.argv[1] })
    for (let n = 0; ; n += 1) {
      engine.handle({ pluginId: 'guestbook', method: 'kv.put', args: [String(n)], body: new Uint8Array(n % 9000), quotaBytes: 64e6 })
      writeSync(1, n + '\\n')
    }`
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    let answered = ''
    for await (const chunk of child.stdout) {
      answered += chunk
      if (answered.split('\n').length > 20 + round * 7) child.kill('SIGKILL')
    }
    if (child.signalCode === null) await once(child, 'exit')
    const numbers = answered.split('\n').slice(0, -1)
    const engine = openKvEngine({ folder })
    const kv = kvOf(engine)
    for (const number of numbers) assert.equal(kv.get(number)?.length, Number(number) % 9000)
    engine.closeAll()
    const usage = usageIn(folder)
    assert.equal(usage.counted, usage.actual)
  }
})
