// Mutations of good zips, from fixed seeds: readZip() never throws, and never lets a change of content pass.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DEFAULT_PACKAGE_LIMITS } from '../../runtime/config/config.ts'
import { readZip } from '../../runtime/package/worker/archive/read-zip.ts'
import { contentHash } from '../../runtime/package/worker/artifact/content-hash.ts'
import { craftZip, withDescriptor, zip64End, zip64Field, zipOf } from '../support/zip.ts'
import { record } from './helpers/record.ts'

const FILES = {
  'manifest.json': '{"manifestVersion":1,"id":"fuzzed"}',
  'backend/': '',
  'backend/index.js': 'export default {}\n'.repeat(5),
  'frontend/é.txt': 'summer',
}

const SEEDS: Readonly<Record<string, Uint8Array>> = {
  plain: zipOf(FILES),
  descriptors: zipOf(FILES, { layout: 'descriptor', comment: 'PK' }),
  stored: zipOf({ ...FILES, 'inner.zip': zipOf(FILES) }, { layout: 'stored' }),
  zip64: craftZip(
    [
      withDescriptor({
        name: 'manifest.json',
        content: '{}',
        local: { size: 0xffffffff, compressedSize: 0xffffffff, extra: zip64Field(0, 0) },
      }),
    ],
    { beforeEnd: (place) => zip64End(place) },
  ),
}

/** mulberry32: small, and the same everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const INTERESTING: readonly number[] = [
  0, 1, 8, 0x7f, 0x80, 0xff, 0xfffe, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff,
]
const RECORDS: readonly string[] = [
  'PK\x01\x02',
  'PK\x03\x04',
  'PK\x05\x06',
  'PK\x06\x06',
  'PK\x06\x07',
  'PK\x07\x08',
]

function mutate(seed: Uint8Array, next: (below: number) => number): Uint8Array {
  let data = Buffer.from(seed)
  for (let rounds = 1 + next(4); rounds > 0; rounds -= 1) {
    const at = next(data.length)
    const length = next(Math.min(64, data.length - at) + 1)
    switch (next(7)) {
      case 0:
        data[at] = next(256)
        break
      case 1:
        data.writeUInt16LE(
          (INTERESTING[next(INTERESTING.length)] ?? 0) & 0xffff,
          Math.min(at, data.length - 2),
        )
        break
      case 2:
        data.writeUInt32LE(INTERESTING[next(INTERESTING.length)] ?? 0, Math.min(at, data.length - 4))
        break
      case 3:
        data = Buffer.concat([data.subarray(0, at), data.subarray(at + length)])
        break
      case 4:
        data = Buffer.concat([data.subarray(0, at + length), data.subarray(at)])
        break
      case 5:
        data.write(RECORDS[next(RECORDS.length)] ?? '', at, 'latin1')
        break
      default:
        data.copyWithin(at, next(data.length), data.length)
    }
    if (data.length < 4) {
      return data
    }
  }
  return data
}

/** This flag exposes the garbage collector. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

function hashOf(bytes: Uint8Array): string | undefined {
  const outcome = readZip(bytes, DEFAULT_PACKAGE_LIMITS)
  if (!outcome.ok) {
    assert.ok(outcome.problems.length > 0 && outcome.problems.length <= 51)
    return undefined
  }
  // A file that has become a link is left out, and named.
  return outcome.links.length > 0 ? undefined : contentHash(outcome.files)
}

describe('readZip() under mutation', () => {
  for (const [name, seed] of Object.entries(SEEDS)) {
    const good = hashOf(seed)

    it(`refuses, or reads the same content, when one bit of "${name}" flips`, () => {
      assert.notEqual(good, undefined)
      let refused = 0
      const flipped = Uint8Array.from(seed)
      for (let bit = 0; bit < seed.length * 8; bit += 1) {
        const at = bit >> 3
        const mask = 1 << (bit & 7)
        flipped[at] = (seed[at] ?? 0) ^ mask
        const hash = hashOf(flipped)
        assert.ok(hash === undefined || hash === good, `bit ${bit & 7} of byte ${at} changes the content`)
        refused += Number(hash === undefined)
        flipped[at] = seed[at] ?? 0
      }
      // Times, attributes and comments are void; all else is not.
      assert.ok(refused > seed.length * 8 * 0.5, `only ${refused} of ${seed.length * 8} flips are refused`)
      record({
        id: `Z8-${name}`,
        area: 'archives',
        title: `each of ${seed.length * 8} bits flipped`,
        culprit: `${refused} refused, the others void`,
      })
    })

    it(`never throws on mutations of "${name}"`, () => {
      const next = random(0x9b1dbee + name.length)
      for (let round = 0; round < 10_000; round += 1) {
        const mutated = mutate(seed, next)
        assert.doesNotThrow(() => hashOf(mutated), Buffer.from(mutated).toString('base64'))
      }
    })
  }

  it('never throws on noise', () => {
    const next = random(7)
    for (let round = 0; round < 10_000; round += 1) {
      const noise = Uint8Array.from({ length: next(300) }, () => next(256))
      assert.doesNotThrow(() => hashOf(noise))
    }
  })

  it('keeps nothing of what it has read', () => {
    const collect = collector()
    const next = random(11)
    const round = () => {
      for (const seed of Object.values(SEEDS))
        for (let count = 0; count < 1000; count += 1) hashOf(mutate(seed, next))
      collect()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    round()
    const first = round()
    const grown = Math.min(...Array.from({ length: 4 }, round)) - first
    // 16,000 archives of some kilobytes have been read meanwhile.
    assert.ok(grown < 1_000_000, `${grown} bytes more after 4 rounds`)
    record({
      id: 'Z-fuzz',
      area: 'archives',
      title: '70,000 mutations and noise',
      culprit: 'never throws, keeps nothing',
      runtime: { pidUnchanged: true, grewMb: Math.max(0, Math.round(grown / 2 ** 20)) },
    })
  })
})
