// The parts of the format of usb-backup, each alone; what is sealed is opened by the program age, and the other way round.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readChecked, writeChecked } from '../../../sample-plugins/usb-backup/backend/format/checked-json.ts'
import { objectHeader } from '../../../sample-plugins/usb-backup/backend/format/object-header.ts'
import { readIndex, writeIndex } from '../../../sample-plugins/usb-backup/backend/format/pack-index.ts'
import { PART_BYTES, partsOf } from '../../../sample-plugins/usb-backup/backend/format/parts.ts'
import { lockKey, makeKey, unlockKey } from '../../../sample-plugins/usb-backup/backend/format/passphrase.ts'
import {
  readRanges,
  WrongRange,
  writeRanges,
} from '../../../sample-plugins/usb-backup/backend/format/ranges.ts'
import { outdated } from '../../../sample-plugins/usb-backup/backend/format/retention.ts'
import { sealTo, unsealBy } from '../../../sample-plugins/usb-backup/backend/format/seal.ts'
import {
  parseTree,
  TREE_HEAD,
  type TreeEntry,
  treeLine,
} from '../../../sample-plugins/usb-backup/backend/format/tree.ts'
import { temporaryFolder } from '../../support/runtime.ts'
import { run } from './lab.ts'
import { PROGRAMS } from './programs.ts'

const HASH = 'a'.repeat(64)

describe('the list of files', () => {
  const time = '1700000000.123456789'
  const entries: readonly TreeEntry[] = [
    { type: 'dir', path: 'media/ sub ', mode: 0o755, time: '-1' },
    { type: 'file', path: 'media/é #1 100%\n\t\\n\u007f', mode: 0o4644, time, size: 5, parts: [HASH] },
    { type: 'file', path: 'media/empty', mode: 0, time, size: 0, parts: [] },
    { type: 'file', path: 'media/large', mode: 0o600, time, size: 9e9, parts: [HASH, HASH] },
  ]

  it('keeps every name, one line a file', () => {
    const text = TREE_HEAD + entries.map(treeLine).join('')
    assert.equal(text.split('\n').length, entries.length + 2)
    assert.deepEqual(parseTree(text), entries)
  })

  it('is refused when it names a path outside, or is no list', () => {
    for (const path of ['..', 'media/../../etc/passwd', '/etc/passwd', 'media//a', 'media/.', ''])
      assert.throws(() => parseTree(treeLine({ type: 'dir', path, mode: 0, time: '0' })), /damaged/, path)
    for (const line of [
      './a type=link',
      './a type=file mode=644 time=0',
      `./a type=file mode=644 time=0 size=1 sha256=${HASH.slice(1)}`,
    ])
      assert.throws(() => parseTree(line), /damaged/, line)
  })
})

describe('ranges', () => {
  it('are short for what stands together', () => {
    assert.equal(writeRanges([3, 1, 2, 9, 2]), '1-3,9')
    assert.deepEqual(readRanges('1-3,9', 10), [1, 2, 3, 9])
    assert.deepEqual(readRanges(writeRanges([]), 0), [])
  })

  it('are refused beyond the objects that there are', () => {
    for (const text of ['9', '1-', '3-1', 'x', '0-999999999', '1,,2'])
      assert.throws(() => readRanges(text, 9), WrongRange, text)
  })
})

describe('checked JSON', () => {
  it('tells a change of any byte', async () => {
    const text = await writeChecked({ a: [1, 'é'], b: null })
    assert.deepEqual(await readChecked(text), { a: [1, 'é'], b: null })
    for (const damaged of [text.replace('é', 'e'), text.slice(0, -3), '', '[]', 'null', '{}'])
      assert.equal(await readChecked(damaged), undefined, damaged)
  })

  it('holds the index of a pack', async () => {
    const index = {
      ...{ pack: 'pack-000001.tar.zst', bytes: 10, sha256: HASH, recipient: null },
      objects: [{ hash: HASH, size: 5 }],
    }
    assert.deepEqual(await readIndex(await writeIndex(index)), index)
    assert.equal(await readIndex(await writeIndex({ ...index, pack: '../pack-000001.tar.zst' })), undefined)
  })
})

describe('retention', () => {
  const at = (text: string) => ({ id: text, at: `${text}:00Z` })
  const all = [
    '2026-01-05T08:00',
    '2026-01-05T20:00',
    '2026-01-06T08:00',
    '2026-01-13T08:00',
    '2026-01-14T08:00',
    '2026-01-14T09:00',
  ].map(at)
  const kept = (last: number, daily: number, weekly: number) => {
    const gone = new Set(outdated(all, { last, daily, weekly }))
    return all.filter(({ id }) => !gone.has(id)).map(({ id }) => id.slice(8))
  }

  it('keeps the newest, and the last of each day and week that has one', () => {
    assert.deepEqual(kept(2, 0, 0), ['14T08:00', '14T09:00'])
    assert.deepEqual(kept(1, 3, 0), ['06T08:00', '13T08:00', '14T09:00'])
    assert.deepEqual(kept(1, 4, 0), ['05T20:00', '06T08:00', '13T08:00', '14T09:00'])
    assert.deepEqual(kept(1, 0, 2), ['06T08:00', '14T09:00'])
    assert.deepEqual(kept(9, 0, 0).length, all.length)
  })

  it('never removes the newest one, whatever the settings say', () => {
    assert.deepEqual(kept(0, 0, 0), ['14T09:00'])
    assert.deepEqual(outdated([], { last: 1, daily: 1, weekly: 1 }), [])
  })
})

describe('parts', () => {
  it('are cut where they end, however the chunks fall', async () => {
    const bytes = randomBytes(2 * PART_BYTES + 5)
    for (const step of [1_000_003, PART_BYTES, bytes.length]) {
      const chunks = Array.from(
        { length: Math.ceil(bytes.length / step) },
        (_, index) => new Uint8Array(bytes.subarray(index * step, (index + 1) * step)),
      )
      const parts = await Array.fromAsync(partsOf(streamOf(chunks), bytes.length))
      assert.deepEqual(
        parts.map(({ length }) => length),
        [PART_BYTES, PART_BYTES, 5],
      )
      assert.equal(Buffer.concat(parts).equals(bytes), true)
    }
    assert.deepEqual(await Array.fromAsync(partsOf(streamOf([]), 0)), [])
  })

  it('are refused when there is more or less than was said', async () => {
    await assert.rejects(Array.fromAsync(partsOf(streamOf([new Uint8Array(4)]), 3)), /longer/)
    await assert.rejects(Array.fromAsync(partsOf(streamOf([new Uint8Array(2)]), 3)), /shorter/)
  })
})

describe('sealing', PROGRAMS, () => {
  const PIECE = 65_536
  const SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, 8 * PIECE, 8 * PIECE + 1, 20 * PIECE]

  it('makes what age opens, and opens what age makes', async (t) => {
    const folder = await temporaryFolder(t)
    const file = (name: string) => join(folder, name)
    const { identity, recipient } = await makeKey()
    await writeFile(file('key'), identity)
    for (const size of SIZES) {
      const bytes = randomBytes(size)
      await writeFile(
        file('sealed'),
        await bytesOf(streamOf(halves(bytes)).pipeThrough(await sealTo(recipient))),
      )
      const { stdout } = await run('age', ['-d', '-i', file('key'), file('sealed')], {
        encoding: 'buffer',
        maxBuffer: 1e8,
      })
      assert.equal(stdout.equals(bytes), true, `${size} bytes for age`)
      await writeFile(file('plain'), bytes)
      await run('age', ['-r', recipient, '-o', file('sealed'), file('plain')])
      const sealed = await readFile(file('sealed'))
      const opened = await bytesOf(streamOf(halves(sealed)).pipeThrough(unsealBy(identity)))
      assert.equal(opened.equals(bytes), true, `${size} bytes of age`)
    }
  })

  it('tells a change, a cut and another key', async () => {
    const { identity, recipient } = await makeKey()
    const sealed = await bytesOf(streamOf([randomBytes(3 * PIECE)]).pipeThrough(await sealTo(recipient)))
    const changed = Buffer.from(sealed)
    changed.writeUInt8((changed.at(-PIECE) ?? 0) ^ 1, changed.length - PIECE)
    const open = (bytes: Uint8Array, key = identity) => bytesOf(streamOf([bytes]).pipeThrough(unsealBy(key)))
    await assert.rejects(open(changed), { name: 'SealError', message: /changed or is damaged/ })
    for (const cut of [1, 16, PIECE + 16, 2 * PIECE, sealed.length - 100, sealed.length])
      await assert.rejects(open(sealed.subarray(0, sealed.length - cut)), { name: 'SealError' }, `${cut}`)
    await assert.rejects(open(sealed, (await makeKey()).identity), { message: /does not open/ })
    await assert.rejects(open(randomBytes(100_000)), { message: /not encrypted with age/ })
  })

  it('locks a key with a passphrase', async () => {
    const key = await makeKey()
    const locked = await lockKey(key, 'correct horse')
    assert.deepEqual(await unlockKey(locked, 'correct horse'), key)
    await assert.rejects(unlockKey(locked, 'wrong horse'), { message: 'The passphrase is not the right one' })
    const costly = Buffer.from(Buffer.from(locked).toString('latin1').replace(' 15\n', ' 22\n'), 'latin1')
    await assert.rejects(unlockKey(costly, 'correct horse'), { message: /was not locked by this plugin/ })
  })
})

describe('the header of an object', () => {
  it('is one of tar', async (t) => {
    const folder = await temporaryFolder(t)
    const content = Buffer.alloc(512, 'x')
    await writeFile(join(folder, 'tar'), Buffer.concat([objectHeader(HASH, 5), content, Buffer.alloc(1024)]))
    const { stdout } = await run('tar', ['-tvf', join(folder, 'tar')])
    assert.match(stdout, new RegExp(`^-rw-r--r-- 0/0 +5 1970-01-01 .* ${HASH}\n$`))
  })
})

function halves(bytes: Buffer): readonly Uint8Array[] {
  const middle = Math.floor(bytes.length / 3)
  return [bytes.subarray(0, middle), bytes.subarray(middle)]
}

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...chunks]
  return new ReadableStream({
    pull(controller) {
      const chunk = left.shift()
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    },
  })
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream))
}
