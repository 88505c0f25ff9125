// Packing: reproducible, and readable by our own reader.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { DEFAULT_PACKAGE_LIMITS as LIMITS } from '../../../../runtime/config/config.ts'
import { readZip } from '../../../../runtime/package/worker/archive/read-zip.ts'
import { writeZip } from '../../../../runtime/package/worker/archive/write-zip.ts'

const FILES: ReadonlyMap<string, Uint8Array> = new Map([
  ['manifest.json', Buffer.from('{"manifestVersion":1}'.repeat(20))],
  ['frontend/été.txt', Buffer.from('summer')],
  ['empty', new Uint8Array()],
  ['noise.bin', createHash('shake256', { outputLength: 5000 }).update('seed').digest()],
])

describe('writeZip()', () => {
  it('writes what readZip() reads back', () => {
    const outcome = readZip(writeZip(FILES, LIMITS), LIMITS)
    assert.ok(outcome.ok, JSON.stringify(outcome))
    assert.deepEqual([...outcome.files.keys()], ['empty', 'frontend/été.txt', 'manifest.json', 'noise.bin'])
    for (const [path, content] of FILES) {
      assert.ok(Buffer.from(content).equals(outcome.files.get(path) ?? new Uint8Array(1)), path)
    }
  })

  it('writes the same bytes for the same files, in whatever order they come', () => {
    assert.deepEqual(writeZip(FILES, LIMITS), writeZip(new Map([...FILES].reverse()), LIMITS))
    const changed = new Map(FILES).set('empty', Buffer.from('x'))
    assert.notDeepEqual(writeZip(FILES, LIMITS), writeZip(changed, LIMITS))
  })

  it('stores what does not shrink, and carries no time of its own', () => {
    const one = Buffer.from(writeZip(new Map([['a', Buffer.from('x')]]), LIMITS))
    assert.equal(one.readUInt16LE(8), 0)
    assert.equal(one.readUInt32LE(10), 0x0021_0000)
    assert.equal(one.length, 30 + 1 + 1 + 46 + 1 + 22)
  })

  it('writes an archive without files', () => {
    const outcome = readZip(writeZip(new Map(), LIMITS), LIMITS)
    assert.ok(outcome.ok)
    assert.equal(outcome.files.size, 0)
  })

  it('refuses more files than a plain zip holds', () => {
    const files = new Map(Array.from({ length: 65_535 }, (_, index) => [`f${index}`, new Uint8Array()]))
    assert.throws(() => writeZip(files, LIMITS), RangeError)
  })

  it('stores what a server would take for a bomb: alone, or together with others', () => {
    const zeros = (bytes: number) => Buffer.alloc(bytes)
    const cases = [
      { 'map.bin': zeros(12_000_000) },
      Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`tiles/${index}.bin`, zeros(3_000_000)])),
      { 'map.bin': zeros(12_000_000), 'text.txt': Buffer.from('honest '.repeat(1000)) },
    ]
    for (const files of cases) {
      const outcome = readZip(writeZip(new Map(Object.entries(files)), LIMITS), LIMITS)
      assert.ok(outcome.ok, JSON.stringify(Object.keys(files)))
      assert.deepEqual([...outcome.files.keys()], Object.keys(files).sort())
    }
    // What passes as it is stays small.
    assert.ok(writeZip(new Map([['blank.bmp', zeros(2_000_000)]]), LIMITS).length < 10_000)
  })
})
