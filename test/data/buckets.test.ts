// Files of plugins without plugins: contents and their counts, snapshots, checkpoints, and what a crash leaves behind.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { DataProcesses } from '../../runtime/data/data-processes.ts'
import type { WireObject } from '../../sdk/protocol/bucket-wire.ts'
import { mountSmallDisk, ONLY_ROOT } from '../support/small-disk.ts'
import { exported, imported, openTestData, QUOTA, received } from './helpers.ts'

async function put(data: DataProcesses, key: string, content: Uint8Array | string, plugin = 'a1') {
  const bytes = Buffer.from(content)
  const source = (async function* () {
    for (let start = 0; start < bytes.length; start += 60_000) yield bytes.subarray(start, start + 60_000)
  })()
  const signal = new AbortController().signal
  return await data.buckets.put(plugin, { key, options: {} }, { source, quotaBytes: QUOTA, signal })
}

async function head(data: DataProcesses, key: string, plugin = 'a1'): Promise<WireObject | null> {
  const call = { pluginId: plugin, args: JSON.stringify([key]), quotaBytes: QUOTA }
  return JSON.parse((await data.buckets.relay('bucket.head', call, undefined)).text) as WireObject | null
}

async function get(data: DataProcesses, key: string, plugin = 'a1'): Promise<string | undefined> {
  const found = await head(data, key, plugin)
  if (found === null) return undefined
  const reading = await data.buckets.read(plugin, { id: found.id, start: 0, length: found.size })
  const pieces: Uint8Array[] = []
  for await (const piece of reading.pieces()) pieces.push(piece)
  return Buffer.concat(pieces).toString('latin1')
}

async function remove(data: DataProcesses, key: string): Promise<void> {
  const call = { pluginId: 'a1', args: JSON.stringify([key]), quotaBytes: QUOTA }
  await data.buckets.relay('bucket.delete', call, undefined)
}

const contents = (folder: string, plugin = 'a1') => readdir(join(folder, plugin, 'bucket'))
const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex')

/** As if a minute had passed. */
function age(folder: string): void {
  const database = new DatabaseSync(join(folder, 'a1', 'bucket.db'))
  database.exec('UPDATE object SET ended_ms = ended_ms - 100000 WHERE ended_ms IS NOT NULL')
  database.close()
}

test('a content is kept once, for as long as a file or a reader needs it', async (t) => {
  const { data, folder } = await openTestData(t)
  const photo = randomBytes(1_000_000)
  await put(data, 'one', photo)
  await put(data, 'two', photo)
  assert.deepEqual(await contents(folder), [sha256(photo)])
  assert.equal(await data.buckets.usedBytes('a1'), 1_000_000 + 2 * (4096 + 3 + 2))
  await remove(data, 'one')
  assert.equal(await get(data, 'two'), photo.toString('latin1'))
  const found = await head(data, 'two')
  assert.ok(found !== null)
  const reading = await data.buckets.read('a1', { id: found.id, start: 0, length: found.size })
  await remove(data, 'two')
  age(folder)
  await data.buckets.collect('a1')
  assert.deepEqual(await contents(folder), [sha256(photo)], 'it is being read')
  let read = 0
  for await (const piece of reading.pieces()) read += piece.byteLength
  assert.equal(read, 1_000_000)
  await data.buckets.collect('a1')
  assert.deepEqual(await contents(folder), [])
  assert.equal(await data.buckets.usedBytes('a1'), 0)
})

test('what a crash has left behind is removed, and nothing else', async (t) => {
  const { data, folder } = await openTestData(t)
  await put(data, 'kept', 'kept')
  await data.close()
  await writeFile(join(folder, 'a1', 'bucket', sha256('stray')), 'stray')
  await mkdir(join(folder, '.incoming'), { recursive: true })
  await writeFile(join(folder, '.incoming', 'half'), 'half')
  const { data: again } = await openTestData(t, { folder })
  await assert.rejects(readdir(join(folder, '.incoming')), { code: 'ENOENT' })
  await again.buckets.collect('a1')
  assert.deepEqual(await contents(folder), [sha256('kept')])
  assert.equal(await get(again, 'kept'), 'kept')
})

test('contents that arrive while others are removed are never lost', async (t) => {
  const { data, folder } = await openTestData(t)
  // The same few contents come and go, so that each is placed while it is about to be removed.
  for (let round = 0; round < 5; round++) {
    const work = [0, 1, 2, 3].map(async (n) => {
      await put(data, `k${n}`, `content ${n % 2}`)
      if (n > 1) await remove(data, `k${n}`)
    })
    await Promise.all([...work, data.buckets.collect('a1'), data.buckets.collect('a1')])
    age(folder)
  }
  await data.buckets.collect('a1')
  assert.deepEqual([await get(data, 'k0'), await get(data, 'k1')], ['content 0', 'content 1'])
  assert.equal((await contents(folder)).length, 2)
})

test('a snapshot holds the files, and an import brings them back', async (t) => {
  const { data, folder } = await openTestData(t)
  const photo = randomBytes(700_000)
  await put(data, 'photo', photo)
  await put(data, 'same', photo)
  await put(data, 'empty', '')
  const snapshot = await exported(data, 'a1')
  assert.match(snapshot.subarray(0, 20).toString('latin1'), /^plugbay-data 2 /)
  await put(data, 'photo', 'other')
  await put(data, 'later', 'later')
  await imported(data, 'a1', { bytes: snapshot })
  assert.equal(await get(data, 'photo'), photo.toString('latin1'))
  assert.deepEqual([await get(data, 'later'), await get(data, 'empty')], [undefined, ''])
  assert.equal(await data.buckets.usedBytes('a1'), 700_000 + 3 * (4096 + 2) + 'photosameempty'.length)
  await data.buckets.collect('a1')
  assert.deepEqual((await contents(folder)).toSorted(), [sha256(photo), sha256('')].toSorted())
  // A data folder that has never seen them.
  const { data: other } = await openTestData(t)
  await imported(other, 'a1', { bytes: snapshot })
  assert.equal(await get(other, 'same'), photo.toString('latin1'))
})

test('a snapshot with files that are not what it says changes nothing', async (t) => {
  const { data } = await openTestData(t)
  await put(data, 'photo', 'A'.repeat(1000))
  const snapshot = await exported(data, 'a1')
  const wrong = Buffer.from(snapshot)
  wrong[wrong.length - 1] = 0x42
  await assert.rejects(received(data, 'a1', { bytes: wrong }), { code: 'SNAPSHOT_INVALID' })
  await assert.rejects(received(data, 'a1', { bytes: snapshot.subarray(0, -1) }), {
    code: 'SNAPSHOT_INVALID',
  })
  await assert.rejects(received(data, 'a1', { bytes: Buffer.concat([snapshot, Buffer.from('x')]) }), {
    code: 'SNAPSHOT_INVALID',
  })
  await assert.rejects(received(data, 'a1', { bytes: snapshot, rules: { filesBytes: 900 } }), {
    code: 'BODY_TOO_LARGE',
  })
  assert.equal(await get(data, 'photo'), 'A'.repeat(1000))
})

test('rows that no plugin could have written are refused in a snapshot', async (t) => {
  for (const [what, change] of [
    ['a key', "UPDATE object SET key = x'610062'"],
    ['metadata', `UPDATE object SET meta = '{"http":{"contentType":"a\nb"}}'`],
    ['a content that is not there', "UPDATE segment SET sha256 = x'00'"],
    ['a size', 'UPDATE object SET size = 8'],
    [
      'a view',
      "DROP TABLE segment; CREATE VIEW segment AS SELECT 1 AS object, 0 AS start, 0 AS number, x'00' AS sha256, 1 AS size",
    ],
  ] as const) {
    const { data, folder } = await openTestData(t)
    await put(data, 'photo', 'content')
    await data.close()
    const database = new DatabaseSync(join(folder, 'a1', 'bucket.db'), { defensive: false })
    database.exec(change)
    database.close()
    const { data: changed } = await openTestData(t, { folder })
    const bytes = await exported(changed, 'a1')
    await assert.rejects(received(changed, 'a1', { bytes }), { code: 'SNAPSHOT_INVALID' }, what)
  }
})

test('a checkpoint puts files back as they were, and another plugin can adopt them', async (t) => {
  const { data, folder } = await openTestData(t)
  await put(data, 'photo', 'before')
  const name = { pluginId: 'a1', version: '1.0.0' }
  await data.snapshots.checkpoints.make(name)
  await put(data, 'photo', 'after')
  await put(data, 'new', 'new')
  age(folder)
  await data.buckets.collect('a1')
  assert.deepEqual((await contents(folder)).toSorted(), [sha256('after'), sha256('new')].toSorted())
  await data.snapshots.checkpoints.restore(name)
  assert.deepEqual([await get(data, 'photo'), await get(data, 'new')], ['before', undefined])
  await data.snapshots.checkpoints.adopt({ from: 'a1', to: 'b2' })
  await put(data, 'photo', 'of a1')
  assert.deepEqual([await get(data, 'photo', 'b2'), await get(data, 'photo')], ['before', 'of a1'])
  await data.remove('a1')
  assert.deepEqual(await readdir(folder).then((names) => names.includes('a1')), false)
  assert.equal(await get(data, 'photo', 'b2'), 'before')
})

test('a full disk is a clear error, and leaves nothing half', ONLY_ROOT, async (t) => {
  const disk = await mountSmallDisk(t, 12)
  await mkdir(join(disk.folder, 'data'))
  const { data } = await openTestData(t, { folder: join(disk.folder, 'data') })
  await put(data, 'small', 'small')
  const large = put(data, 'large', randomBytes(20_000_000))
  await assert.rejects(large, { code: 'STORE_FULL', message: 'The server has no space left' })
  assert.deepEqual([await get(data, 'small'), await get(data, 'large')], ['small', undefined])
  assert.deepEqual(await readdir(join(disk.folder, 'data', '.incoming')), [])
  assert.equal((await put(data, 'large', randomBytes(4_000_000)))?.size, 4_000_000)
})

test('a content process that is killed fails what arrives, and the next content starts another', async (t) => {
  const { data } = await openTestData(t)
  const source = (async function* () {
    yield new Uint8Array(1000)
    const [pid] = data.buckets.pids
    assert.ok(pid !== undefined)
    process.kill(pid, 'SIGKILL')
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      yield new Uint8Array(1000)
    }
  })()
  const { signal } = new AbortController()
  const lost = data.buckets.put('a1', { key: 'lost', options: {} }, { source, quotaBytes: QUOTA, signal })
  await assert.rejects(lost, { code: 'HOST_CALL_FAILED', message: /content process ended unexpectedly/ })
  await put(data, 'next', 'next')
  assert.deepEqual([await get(data, 'lost'), await get(data, 'next')], [undefined, 'next'])
})

test('contents are files with no right for others', async (t) => {
  const { data, folder } = await openTestData(t)
  await put(data, 'a', 'content')
  const path = join(folder, 'a1', 'bucket')
  assert.equal((await stat(path)).mode & 0o777, 0o700)
  assert.equal((await stat(join(path, sha256('content')))).mode & 0o777, 0o600)
  assert.equal(await readFile(join(path, sha256('content')), 'utf8'), 'content')
})
