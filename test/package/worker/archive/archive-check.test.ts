// What a hostile or broken archive gives: one code per kind, in words, and nothing read.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { DEFAULT_PACKAGE_LIMITS, type PackageLimits } from '../../../../runtime/config/config.ts'
import { readZip } from '../../../../runtime/package/worker/archive/read-zip.ts'
import type { Problem } from '../../../../sdk/api/problems.ts'
import {
  type CraftedEnd,
  type CraftedEntry,
  craftZip,
  describe as descriptor,
  extraField,
  unicodePathField,
  withDescriptor,
  zip64End,
  zip64Field,
  zipOf,
} from '../../../support/zip.ts'

const GOOD: CraftedEntry = { name: 'manifest.json', content: '{"manifestVersion":1}' }
const OTHER: CraftedEntry = { name: 'backend/index.js', content: 'export default {}\n'.repeat(9) }

function errorProblems(bytes: Uint8Array, limits: Partial<PackageLimits> = {}): readonly Problem[] {
  const outcome = readZip(bytes, { ...DEFAULT_PACKAGE_LIMITS, ...limits })
  assert.equal(outcome.ok, false, 'the archive was accepted')
  for (const problem of outcome.problems) {
    assert.match(problem.message, /^[A-Z"].*[^.]$/s)
  }
  return outcome.problems
}

function codes(bytes: Uint8Array, limits: Partial<PackageLimits> = {}): readonly string[] {
  return [...new Set(errorProblems(bytes, limits).map((problem) => problem.code))]
}

/** Codes for an archive of a good entry, the hostile one and another good one. */
function withEntry(entry: CraftedEntry, options?: CraftedEnd): readonly string[] {
  return codes(craftZip([GOOD, entry, OTHER], options))
}

describe('readZip() refuses files that are not zips', () => {
  const zip = zipOf({ 'manifest.json': '{}', 'backend/index.js': 'x'.repeat(500) })
  const cases: Record<string, Uint8Array> = {
    'no bytes': new Uint8Array(),
    'one byte': Buffer.from('P'),
    text: Buffer.from('not a zip at all'),
    'an HTML page': Buffer.from('<!doctype html><title>404</title>'.repeat(2000)),
    'a gzip file': Buffer.from('1f8b0800000000000003', 'hex'),
    'an end record without its last byte': Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(17)]),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(codes(bytes), ['ARCHIVE_NOT_ZIP']))
  }

  it('every truncation of a good zip', () => {
    for (let length = 0; length < zip.length; length += 1) {
      assert.deepEqual(codes(zip.subarray(0, length)), ['ARCHIVE_NOT_ZIP'], `the first ${length} bytes`)
    }
  })
})

describe('readZip() refuses archives that can be read in two ways', () => {
  const place = (overrides: CraftedEnd) => codes(craftZip([GOOD, OTHER], overrides))
  const zip64 = (lies: Parameters<typeof zip64End>[1], end: CraftedEnd['end'] = {}) =>
    place({ beforeEnd: (at) => zip64End(at, lies), end })
  const inner = zipOf({ 'manifest.json': '{"evil":true}' })
  const cases: Record<string, () => readonly string[]> = {
    'bytes after the end': () => place({ trailing: Buffer.from('x') }),
    'two archives, one after the other': () => codes(Buffer.concat([zipOf({ a: '1' }), inner])),
    'an archive in the comment of another': () => place({ comment: Buffer.from(inner) }),
    'an end record in the comment': () => place({ comment: Buffer.from('PK\x05\x06') }),
    'bytes before the first entry': () => place({ prefix: Buffer.from('#!/bin/sh\n') }),
    'bytes between the directory and the end': () => place({ beforeEnd: () => Buffer.from('gap') }),
    'a count that is too low': () => place({ end: { count: 1 } }),
    'a count that is too high': () => place({ end: { count: 3 } }),
    'a count of 0 with entries': () => place({ end: { count: 0 } }),
    'two counts': () => place({ end: { countHere: 1 } }),
    'a directory size that is too low': () => place({ end: { size: 40 } }),
    'a directory that starts elsewhere': () => place({ end: { start: 0 } }),
    'a directory past the end': () => place({ end: { start: 0xfffffff0 } }),
    'zip64 placeholders without zip64 records': () => place({ end: { size: 0xffffffff } }),
    'a zip64 record with another count': () => zip64({ count: 1 }, { count: 0xffff }),
    'a zip64 record that contradicts the plain one': () => zip64({ count: 1 }),
    'a zip64 record with another start': () => zip64({ start: 0 }, { start: 0xffffffff }),
    'a zip64 locator that points elsewhere': () => zip64({ at: 0 }),
    'a zip64 locator far outside': () => zip64({ at: Number.MAX_SAFE_INTEGER }),
    'a zip64 record that no locator points to': () =>
      place({ beforeEnd: (at) => zip64End(at).subarray(0, 56) }),
    'a local header with another name': () =>
      withEntry({ name: 'a.js', content: 'x', local: { name: 'b.js' } }),
    'a local header with another method': () =>
      withEntry({ name: 'a.js', content: 'x', local: { method: 0 } }),
    'a local header with another size': () => withEntry({ name: 'a.js', content: 'x', local: { size: 2 } }),
    'a local header with another packed size': () =>
      withEntry({ name: 'a.js', content: 'x', local: { compressedSize: 9 } }),
    'a local header with another checksum': () =>
      withEntry({ name: 'a.js', content: 'x', local: { crc: 1 } }),
    'a local header that is encrypted alone': () =>
      withEntry({ name: 'a.js', content: 'x', local: { flags: 1 } }),
    'a descriptor flag in the local header alone': () =>
      withEntry({ name: 'a.js', content: 'x', local: { flags: 8 } }),
    'sizes of zero without a descriptor': () =>
      withEntry({ name: 'a.js', content: 'x', local: { crc: 0, size: 0, compressedSize: 0 } }),
    'a descriptor that is missing': () =>
      withEntry({ ...withDescriptor({ name: 'a.js', content: 'x' }), after: Buffer.alloc(0) }),
    'a descriptor with another size': () => {
      const entry = { name: 'a.js', content: 'x' }
      return withEntry({ ...withDescriptor(entry), after: descriptor({ ...entry, size: 2 }, 'signed') })
    },
    'a descriptor of an odd length': () => {
      const after = Buffer.concat([descriptor({ name: 'a.js', content: 'x' }, 'signed'), Buffer.alloc(1)])
      return withEntry({ ...withDescriptor({ name: 'a.js', content: 'x' }), after })
    },
    'an offset to no header': () => withEntry({ name: 'a.js', content: 'x', offset: 3 }),
    'an offset past the end': () => withEntry({ name: 'a.js', content: 'x', offset: 0xfffffff0 }),
    'bytes between entries': () => withEntry({ name: 'a.js', content: 'x', after: Buffer.from('gap') }),
    'an entry that the directory does not name': () =>
      withEntry({ name: 'a.js', content: 'evil', isCentralMissing: true }),
    'two entries that share one local header': () =>
      withEntry({ name: 'manifest.json', content: GOOD.content ?? '', offset: 0, isLocalMissing: true }),
    'an extra field cut off': () => withEntry({ name: 'a.js', content: 'x', extra: Buffer.from([1, 2, 3]) }),
    'a zip64 field that nothing asks for': () =>
      withEntry({
        name: 'a.js',
        content: 'x',
        extra: zip64Field(1, 3, 0),
        local: { extra: Buffer.alloc(0) },
      }),
    'a zip64 field that is too short': () =>
      withEntry({ name: 'a.js', content: 'x', size: 0xffffffff, extra: Buffer.alloc(0), local: { size: 1 } }),
    'a Unicode path that is another name': () =>
      withEntry({ name: 'a.js', content: 'x', extra: unicodePathField('a.js', 'manifest.json') }),
    'a Unicode path in the local header alone': () =>
      withEntry({ name: 'a.js', content: 'x', local: { extra: unicodePathField('a.js', '../b.js') } }),
    'a name twice': () => withEntry({ name: 'manifest.json', content: '{"evil":true}' }),
    'names that differ only in case': () => withEntry({ name: 'Manifest.JSON', content: '{}' }),
    'a file where a folder is needed': () => withEntry({ name: 'backend', content: 'x' }),
    'a folder with content': () => withEntry({ name: 'lib/', content: 'x' }),
    'a folder mode on a file name': () =>
      withEntry({ name: 'lib', content: '', attributes: 0o40755 * 0x10000 }),
  }
  for (const [name, run] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(run(), ['ARCHIVE_AMBIGUOUS']))
  }
})

describe('readZip() refuses features that a plugin does not need', () => {
  const mode = (bits: number) => withEntry({ name: 'a', content: '/etc/passwd', attributes: bits * 0x10000 })
  const cases: Record<string, () => readonly string[]> = {
    'a password': () => withEntry({ name: 'a.js', content: 'x', flags: 1 }),
    'strong encryption': () => withEntry({ name: 'a.js', content: 'x', flags: 0x41 }),
    'masked headers': () => withEntry({ name: 'a.js', content: 'x', flags: 0x2000 }),
    'AES encryption': () =>
      withEntry({
        name: 'a.js',
        content: 'x',
        method: 99,
        extra: extraField(0x9901, Buffer.from('0200414503', 'hex')),
      }),
    'another compression method': () =>
      withEntry({ name: 'a.js', packed: Buffer.from('BZh9'), method: 12, size: 4 }),
    deflate64: () => withEntry({ name: 'a.js', packed: Buffer.from('xxxx'), method: 9, size: 4 }),
    'patched data': () => withEntry({ name: 'a.js', content: 'x', flags: 0x20 }),
    'a pipe': () => mode(0o010644),
    'a device': () => mode(0o020644),
    'a socket': () => mode(0o140644),
    'an entry on another disk': () => withEntry({ name: 'a.js', content: 'x', disk: 1 }),
    'a split archive': () => codes(craftZip([GOOD], { end: { disk: 1 } })),
    'the first part of a split archive': () => codes(Buffer.from('PK\x07\x08PK\x03\x04'.padEnd(200, '\0'))),
  }
  for (const [name, run] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(run(), ['ARCHIVE_UNSUPPORTED']))
  }
})

describe('readZip() leaves out', () => {
  const links: Record<string, CraftedEntry> = {
    'a symbolic link': { name: 'a', content: '/etc/passwd', attributes: 0o120777 * 0x10000 },
    'a symbolic link in an ASi field': {
      name: 'a',
      content: 'x',
      extra: extraField(0x756e, Buffer.from('00000000ffa1000000000000', 'hex')),
    },
    'a Windows reparse point': { name: 'a', content: 'x', madeBy: 0x0a14, attributes: 0x420 },
  }
  for (const [name, entry] of Object.entries(links)) {
    it(`${name}, and names it`, () => {
      const outcome = readZip(craftZip([GOOD, entry]), DEFAULT_PACKAGE_LIMITS)
      assert.ok(outcome.ok, JSON.stringify(outcome))
      assert.deepEqual([...outcome.files.keys()], [GOOD.name])
      assert.deepEqual(
        outcome.links.map(({ path }) => path),
        ['a'],
      )
    })
  }

  it('no link that another entry goes through', () => {
    const link = { name: 'a', content: '/etc', attributes: 0o120777 * 0x10000 }
    assert.deepEqual(codes(craftZip([GOOD, link, { name: 'a/passwd', content: 'x' }])), ['ARCHIVE_AMBIGUOUS'])
  })
})

describe('readZip() refuses damaged content', () => {
  const packed = deflateRawSync('hello hello hello')
  const base = { name: 'a.txt', content: 'hello hello hello' }
  const cases: Record<string, () => readonly string[]> = {
    'a wrong checksum': () => withEntry({ ...base, crc: 0x12345678 }),
    'a wrong checksum of a stored entry': () => withEntry({ ...base, method: 0, crc: 0x12345678 }),
    'more bytes than declared': () => withEntry({ ...base, size: 5 }),
    'fewer bytes than declared': () => withEntry({ ...base, size: 18 }),
    'content where none is declared': () => withEntry({ ...base, size: 0, crc: 0 }),
    'a stored entry with two sizes': () => withEntry({ ...base, method: 0, size: 5 }),
    'a deflate stream that is no such thing': () => withEntry({ ...base, packed: Buffer.alloc(12, 0xff) }),
    'a deflate stream cut off': () => withEntry({ ...base, packed: packed.subarray(0, -2) }),
    'bytes behind the deflate stream': () =>
      withEntry({ ...base, packed: Buffer.concat([packed, Buffer.from('PK\x03\x04')]) }),
    'data that runs into the directory': () => withEntry({ ...base, compressedSize: 0xffffff }),
  }
  for (const [name, run] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(run(), ['ARCHIVE_CORRUPT']))
  }
})

describe('readZip() refuses what is too large', () => {
  it('an archive over the limit', () => {
    assert.deepEqual(codes(zipOf({ a: 'x' }), { maxArchiveBytes: 20 }), ['ARCHIVE_TOO_LARGE'])
  })

  it('too many entries, before their headers are read', () => {
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`f${index}`, '']))
    assert.deepEqual(codes(zipOf(many), { maxEntries: 10 }), ['ARCHIVE_TOO_LARGE'])
    assert.ok(readZip(zipOf(many), { ...DEFAULT_PACKAGE_LIMITS, maxEntries: 11 }).ok)
  })

  it('too many bytes in all', () => {
    const limits = { maxInflatedBytes: 1000 }
    assert.deepEqual(codes(zipOf({ a: 'x'.repeat(600), b: 'y'.repeat(401) }), limits), ['ARCHIVE_TOO_LARGE'])
    assert.ok(
      readZip(zipOf({ a: 'x'.repeat(600), b: 'y'.repeat(400) }), { ...DEFAULT_PACKAGE_LIMITS, ...limits }).ok,
    )
  })

  it('a ratio over the limit, of one entry and of the whole archive', () => {
    const zeros = Buffer.alloc(10_000_001)
    const noise = Buffer.from(
      Array.from({ length: 20_000 }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 24),
    )
    assert.deepEqual(codes(zipOf({ zeros, noise })), ['ARCHIVE_TOO_LARGE'])
    const [problem] = errorProblems(Buffer.from(zipOf({ zeros, noise })))
    assert.match(problem?.hint ?? '', /"plugbay pack".*"Store".*"packages\.maxRatio"/)
    const parts = Object.fromEntries(
      Array.from({ length: 4 }, (_, index) => [`part${index}`, zeros.subarray(0, 4_000_000)]),
    )
    assert.deepEqual(codes(zipOf(parts)), ['ARCHIVE_TOO_LARGE'])
    // Tile maps, blank images, tables of zeros.
    assert.ok(readZip(zipOf({ zeros: zeros.subarray(0, 9_000_000) }), DEFAULT_PACKAGE_LIMITS).ok)
  })

  it('a bomb whose entries overlap', () => {
    const kernel: CraftedEntry = { name: 'a', content: Buffer.alloc(900_000) }
    const again = Array.from(
      { length: 300 },
      (_, index): CraftedEntry => ({
        ...kernel,
        name: `b${index}`,
        offset: 0,
        isLocalMissing: true,
      }),
    )
    assert.deepEqual(codes(craftZip([kernel, ...again])), ['ARCHIVE_TOO_LARGE', 'ARCHIVE_AMBIGUOUS'])
  })

  it('a declared size of terabytes, without allocating it', () => {
    const entry: CraftedEntry = { name: 'a', content: 'x', size: 0xffffffff, extra: zip64Field(2 ** 45) }
    const local = { size: 0xffffffff, compressedSize: 0xffffffff, extra: zip64Field(2 ** 45, 3) }
    assert.ok(withEntry({ ...entry, local }).includes('ARCHIVE_TOO_LARGE'))
  })

  it('a small lie: content that inflates past its declared size', () => {
    assert.deepEqual(withEntry({ name: 'a', content: Buffer.alloc(50_000_000), size: 100 }), [
      'ARCHIVE_CORRUPT',
    ])
  })
})

describe('The problems of readZip()', () => {
  it('name all entries that are wrong, with the file and a hint', () => {
    const problems = errorProblems(
      craftZip([
        { name: '../a', content: 'x' },
        { name: 'b', content: 'x', flags: 1 },
        { name: 'c\\d', content: 'x' },
        { name: 'e', content: 'x', method: 14 },
      ]),
    )
    assert.deepEqual(
      problems.map(({ code, file }) => [code, file]),
      [
        ['ARCHIVE_UNSAFE_PATH', '../a'],
        ['ARCHIVE_UNSUPPORTED', 'b'],
        ['ARCHIVE_UNSAFE_PATH', 'c\\d'],
        ['ARCHIVE_UNSUPPORTED', 'e'],
      ],
    )
    assert.ok(problems.every((problem) => (problem.hint ?? '').length > 10))
  })

  it('end at 50, and say how many more there are', () => {
    const problems = errorProblems(
      craftZip(Array.from({ length: 80 }, (_, index) => ({ name: `../${index}`, content: '' }))),
    )
    assert.equal(problems.length, 51)
    assert.equal(problems.at(-1)?.message, 'There are 30 more problems')
  })

  it('show hostile names escaped and cut', () => {
    const [problem] = errorProblems(craftZip([{ name: `a\u001b[2J\u202e${'x'.repeat(300)}`, content: '' }]))
    assert.match(problem?.file ?? '', /^a\\u\{1b\}\[2J\\u\{202e\}x+…$/)
    assert.ok((problem?.file ?? '').length < 230)
  })
})
