// What good archives give: the files, whichever tool wrote the zip.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DEFAULT_PACKAGE_LIMITS } from '../../../../runtime/config/config.ts'
import { readZip } from '../../../../runtime/package/worker/archive/read-zip.ts'
import { contentHash } from '../../../../runtime/package/worker/artifact/content-hash.ts'
import {
  type CraftedEntry,
  craftZip,
  extraField,
  FLAG_UTF8,
  unicodePathField,
  withDescriptor,
  zip64End,
  zip64Field,
  zipOf,
} from '../../../support/zip.ts'

const MANIFEST = '{"manifestVersion":1,"id":"hello","name":"Hello","version":"1.0.0"}'
const PLUGIN = { 'manifest.json': MANIFEST, 'backend/index.js': 'export default {}\n'.repeat(20) }

function read(bytes: Uint8Array): Record<string, string> {
  const outcome = readZip(bytes, DEFAULT_PACKAGE_LIMITS)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return Object.fromEntries(
    [...outcome.files].map(([path, content]) => [path, Buffer.from(content).toString()]),
  )
}

function refusal(bytes: Uint8Array): readonly string[] {
  const outcome = readZip(bytes, DEFAULT_PACKAGE_LIMITS)
  return outcome.ok ? ['accepted'] : outcome.problems.map((problem) => problem.code)
}

describe('readZip() of archives that common tools write', () => {
  const entries = Object.entries(PLUGIN).map(([name, content]): CraftedEntry => ({ name, content }))
  const folder: CraftedEntry = { name: 'backend/', method: 0, attributes: 0o40755 * 0x10000 + 0x10 }

  for (const layout of ['plain', 'descriptor', 'stored'] as const) {
    it(`reads the layout "${layout}"`, () => {
      assert.deepEqual(read(zipOf({ ...PLUGIN, 'backend/lib/': '', 'empty.txt': '' }, { layout })), {
        ...PLUGIN,
        'empty.txt': '',
      })
    })
  }

  it('reads what Info-ZIP writes: timestamps and owners of different lengths in both headers', () => {
    const owner = extraField(0x7875, Buffer.from('0104e803000004e8030000', 'hex'))
    const extra = Buffer.concat([extraField(0x5455, Buffer.from('0300000000', 'hex')), owner])
    const longer = Buffer.concat([extraField(0x5455, Buffer.from('030000000000000000', 'hex')), owner])
    const zip = craftZip(
      [folder, ...entries].map((entry) => ({
        attributes: 0o100644 * 0x10000,
        ...entry,
        extra,
        local: { extra: longer },
      })),
    )
    assert.deepEqual(read(zip), PLUGIN)
  })

  it('reads what macOS writes: descriptors, UTF-8 names without the flag, resource forks', () => {
    const name = 'frontend/e\u0301te\u0301.txt'
    const zip = craftZip([
      ...entries.map((entry) => withDescriptor({ ...entry, madeBy: 0x0315 })),
      withDescriptor({ name, content: 'summer', flags: 0 }),
      withDescriptor({ name: '__MACOSX/._manifest.json', content: 'fork' }),
      { name: '.DS_Store', content: 'x' },
      { name: 'backend/.DS_Store', content: 'x' },
    ])
    assert.deepEqual(read(zip), { ...PLUGIN, 'frontend/\u00e9t\u00e9.txt': 'summer' })
  })

  it('reads what Windows Explorer writes: DOS attributes, no folders', () => {
    assert.deepEqual(
      read(craftZip(entries.map((entry) => ({ ...entry, madeBy: 0x0014, attributes: 0x20 })))),
      PLUGIN,
    )
  })

  it('reads what Python writes to a stream: zip64 placeholders and wide descriptors', () => {
    const zip = craftZip(
      entries.map((entry) =>
        withDescriptor(
          { ...entry, local: { size: 0xffffffff, compressedSize: 0xffffffff, extra: zip64Field(0, 0) } },
          'signed-wide',
        ),
      ),
    )
    assert.deepEqual(read(zip), PLUGIN)
  })

  it('reads what jar writes: a marker field, bare descriptors', () => {
    const [first, second] = entries
    assert.ok(first && second)
    const zip = craftZip([
      withDescriptor({ ...first, extra: extraField(0xcafe, Buffer.alloc(0)) }, 'bare'),
      withDescriptor(second, 'bare-wide'),
    ])
    assert.deepEqual(read(zip), PLUGIN)
  })

  it('reads zip64 records that agree with the rest', () => {
    const sentinels = { count: 0xffff, size: 0xffffffff, start: 0xffffffff }
    assert.deepEqual(
      read(craftZip(entries, { beforeEnd: (place) => zip64End(place), end: sentinels })),
      PLUGIN,
    )
    assert.deepEqual(read(craftZip(entries, { beforeEnd: (place) => zip64End(place) })), PLUGIN)
  })

  it('reads comments, a Unicode path that repeats the name, and a zip inside the zip', () => {
    const name = 'frontend/é.txt'
    const inner = zipOf(PLUGIN)
    const zip = craftZip(
      [
        ...entries,
        {
          name,
          content: 'e',
          flags: FLAG_UTF8,
          extra: unicodePathField(name, name),
          comment: Buffer.from('note'),
        },
        { name: 'inner.zip', content: inner, method: 0 },
        { name: 'frontend/inner.zip', content: inner, method: 0 },
      ],
      { comment: Buffer.from('made by hand') },
    )
    // At the top, an archive is an earlier package.
    assert.deepEqual(Object.keys(read(zip)), [
      'backend/index.js',
      'frontend/inner.zip',
      name,
      'manifest.json',
    ])
  })

  it('reads what the zip command writes', async (context) => {
    const folderPath = await mkdtemp(join(tmpdir(), 'plugbay-zip-'))
    try {
      await mkdir(join(folderPath, 'hello', 'backend'), { recursive: true })
      for (const [name, content] of Object.entries(PLUGIN)) {
        await writeFile(join(folderPath, 'hello', name), content)
      }
      try {
        execFileSync('zip', ['-q', '-r', '../top.zip', '.'], { cwd: join(folderPath, 'hello') })
      } catch {
        context.skip('there is no zip command here')
        return
      }
      execFileSync('zip', ['-q', '-r', 'nested.zip', 'hello'], { cwd: folderPath })
      assert.deepEqual(read(await readFile(join(folderPath, 'top.zip'))), PLUGIN)
      assert.deepEqual(read(await readFile(join(folderPath, 'nested.zip'))), PLUGIN)
    } finally {
      await rm(folderPath, { recursive: true, force: true })
    }
  })
})

describe('readZip() and the layout of a package', () => {
  it('gives files sorted by path, with content in memory of its own', () => {
    const bytes = zipOf({ c: '2', 'manifest.json': MANIFEST, a: '1', 'B/x': '3' }, { layout: 'stored' })
    const outcome = readZip(bytes, DEFAULT_PACKAGE_LIMITS)
    assert.ok(outcome.ok)
    assert.deepEqual([...outcome.files.keys()], ['B/x', 'a', 'c', 'manifest.json'])
    bytes.fill(0)
    assert.equal(Buffer.from(outcome.files.get('a') ?? []).toString(), '1')
  })

  it('takes the single top folder off', () => {
    const zip = zipOf({
      'hello/': '',
      'hello/manifest.json': MANIFEST,
      'hello/backend/index.js': 'x',
      '__MACOSX/hello/._x': '',
    })
    assert.deepEqual(read(zip), { 'backend/index.js': 'x', 'manifest.json': MANIFEST })
  })

  it('leaves the folder where something lies beside it, or no manifest in it', () => {
    assert.deepEqual(Object.keys(read(zipOf({ 'hello/manifest.json': MANIFEST, 'README.md': 'x' }))), [
      'README.md',
      'hello/manifest.json',
    ])
    assert.deepEqual(Object.keys(read(zipOf({ 'a/b/manifest.json': MANIFEST }))), ['a/b/manifest.json'])
  })

  it('leaves out junk at any depth, and only junk', () => {
    const zip = zipOf({
      ...PLUGIN,
      '.git/config': 'x',
      'frontend/.git/HEAD': 'x',
      'frontend/__MACOSX/x': 'x',
      'frontend/.gitignore': 'kept',
      'frontend/.vite/manifest.json': '{}',
    })
    assert.deepEqual(Object.keys(read(zip)), [
      'backend/index.js',
      'frontend/.gitignore',
      'frontend/.vite/manifest.json',
      'manifest.json',
    ])
  })

  it('keeps the other manifests of a frontend', () => {
    const files = { 'manifest.json': MANIFEST, 'frontend/manifest.json': '{"index.html":{"file":"a.js"}}' }
    assert.deepEqual(read(zipOf(files)), {
      'frontend/manifest.json': files['frontend/manifest.json'],
      'manifest.json': MANIFEST,
    })
  })

  it('refuses two plugins in one archive', () => {
    assert.deepEqual(refusal(zipOf({ 'a/manifest.json': MANIFEST, 'b/manifest.json': MANIFEST })), [
      'MANIFEST_INVALID',
    ])
    assert.deepEqual(refusal(zipOf({ 'manifest.json': MANIFEST, 'b/manifest.json': MANIFEST })), [
      'MANIFEST_INVALID',
    ])
  })

  it('reads an archive without files, and one without a manifest', () => {
    assert.deepEqual(read(zipOf({})), {})
    assert.deepEqual(read(zipOf({ 'backend/index.js': 'x' })), { 'backend/index.js': 'x' })
  })

  it('treats names of object members as names', () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString']
    const outcome = readZip(craftZip(names.map((name) => ({ name, content: name }))), DEFAULT_PACKAGE_LIMITS)
    assert.ok(outcome.ok)
    assert.deepEqual([...outcome.files.keys()], names)
  })

  it('reads a part of a larger buffer', () => {
    const zip = zipOf(PLUGIN)
    const larger = new Uint8Array(zip.length + 100).fill(0x50)
    larger.set(zip, 50)
    assert.deepEqual(read(larger.subarray(50, 50 + zip.length)), PLUGIN)
  })
})

describe('contentHash()', () => {
  it('depends on paths and bytes, not on how they were zipped', () => {
    const hashes = (['plain', 'descriptor', 'stored'] as const).map((layout) => {
      const outcome = readZip(zipOf(PLUGIN, { layout }), DEFAULT_PACKAGE_LIMITS)
      return outcome.ok ? contentHash(outcome.files) : ''
    })
    assert.equal(new Set(hashes).size, 1)
    assert.match(hashes[0] ?? '', /^[0-9a-f]{64}$/)
  })

  it('is the SHA-256 of one line per file', () => {
    const files = new Map([
      ['b', Buffer.from('')],
      ['a', Buffer.from('x')],
    ])
    assert.equal(contentHash(files), 'e4228aa4af602b2f048158fb207a9bfef5832f18b24545f6df1a617e229d7b9f')
    assert.notEqual(contentHash(files), contentHash(new Map([...files, ['c', Buffer.from('')]])))
  })
})
