// The rules for names, one by one.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkName, findNameConflicts } from '../../../../runtime/package/worker/archive/entry-names.ts'

const GOOD: Record<string, string> = {
  'manifest.json': 'manifest.json',
  'frontend/assets/index-4f8a.js': 'frontend/assets/index-4f8a.js',
  'backend/node_modules/@scope/pkg/index.js': 'backend/node_modules/@scope/pkg/index.js',
  'frontend/': 'frontend',
  '.vite/manifest.json': '.vite/manifest.json',
  '..a/b..c/...d': '..a/b..c/...d',
  'routes/[...slug]/+page.js': 'routes/[...slug]/+page.js',
  'with space/~tilde/%2e%2e.txt': 'with space/~tilde/%2e%2e.txt',
  'caf\u0065\u0301.txt': 'caf\u00e9.txt',
  '日本語/Straße.txt': '日本語/Straße.txt',
  'family 👨‍👩‍👧.png': 'family 👨‍👩‍👧.png',
  'console.log': 'console.log',
  'nullable.js': 'nullable.js',
}

const UNSAFE: readonly string[] = [
  '',
  '/',
  '/etc/passwd',
  '//server/share',
  '../up',
  'a/../../up',
  'a/..',
  '..',
  '\u2025/up',
  '..\uff0fup',
  'a\uff0fb',
  '.',
  './a',
  'a/./b',
  'a//b',
  'C:/windows',
  'c:evil',
  'a\\b',
  '..\\..\\up',
  '\\\\server\\share',
  'a\0.txt',
  'a\nb',
  'a\u007f',
  'a\u0085b',
  'gpj.\u202etxt',
  'manifest\u200b.json',
  '\ufeffmanifest.json',
  'a\u2028b',
  'a\ufffdb',
  'CON',
  'aux.js',
  'x/nul.tar.gz',
  'COM1',
  'lpt9.txt',
  'com¹',
  'CONIN$',
  'nul .txt',
  'a.',
  'a ',
  'dir./b',
  'file:stream',
  'a*b',
  'a?b',
  'a|b',
  '<a>',
  'a"b',
]

describe('checkName()', () => {
  for (const [name, path] of Object.entries(GOOD)) {
    it(`takes ${JSON.stringify(name)}`, () => assert.deepEqual(checkName(name), { path, findings: [] }))
  }

  for (const name of UNSAFE) {
    it(`refuses ${JSON.stringify(name)}`, () => {
      const { findings } = checkName(name)
      assert.notEqual(findings.length, 0)
      assert.ok(findings.every((finding) => finding.code === 'ARCHIVE_UNSAFE_PATH'))
    })
  }

  it('refuses names that are too long or too deep', () => {
    for (const name of [
      'x'.repeat(256),
      'é'.repeat(130),
      `${'x'.repeat(100)}/`.repeat(5),
      'a/'.repeat(33),
      'x'.repeat(65_000),
    ]) {
      assert.deepEqual(
        [...new Set(checkName(name).findings.map((finding) => finding.code))],
        ['ARCHIVE_TOO_LARGE'],
      )
    }
    assert.deepEqual(checkName('x'.repeat(255)).findings, [])
    assert.deepEqual(checkName('a/'.repeat(32)).findings, [])
  })

  it('names the tools that write backslashes', () => {
    assert.match(checkName('backend\\index.js').findings[0]?.hint ?? '', /\.NET Framework.*7-Zip/)
  })
})

describe('findNameConflicts()', () => {
  const conflicts = (...names: string[]) =>
    findNameConflicts(
      names.map((name) => ({ name, path: checkName(name).path, isDirectory: name.endsWith('/') })),
      { maxEntries: 10 },
    ).map((finding) => finding.message)

  it('takes names that are different everywhere', () => {
    assert.deepEqual(conflicts('a/', 'a/b', 'a/c/d', 'b', 'ab', 'a-b', 'c/', 'a/c/'), [])
  })

  it('counts the folders that names need', () => {
    const deep = Array.from({ length: 3 }, (_, index) => `${index}/${'x/'.repeat(9)}f`)
    assert.deepEqual(conflicts(...deep.slice(0, 1)), [])
    assert.deepEqual(conflicts(...deep), ['The names need more than 20 files and folders'])
  })

  const pairs: Record<string, readonly [string, string]> = {
    'a name twice': ['a', 'a'],
    'a folder twice': ['a/', 'a/'],
    'case twins': ['readme', 'README'],
    'case twins of a folder': ['src/a', 'SRC/b'],
    'Unicode forms': ['\u00e9', 'e\u0301'],
    'compatibility forms': ['ﬁle', 'file'],
    'a sharp s and its capital': ['straße', 'STRASSE'],
    'the Kelvin sign': ['\u212a', 'k'],
    'a file and a folder': ['a', 'a/'],
    'a file and what is in it': ['a', 'a/b'],
    'what is in it and a file': ['a/b', 'a'],
  }
  for (const [title, names] of Object.entries(pairs)) {
    it(`finds ${title}`, () => assert.equal(conflicts(...names).length, 1))
  }
})
