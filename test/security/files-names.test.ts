// Hostile names of files: none reaches the system as more than one name, and none is created that another system would take for
// something else.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFileName, isPortableName, spellingsOf } from '../../sdk/protocol/file-names.ts'
import { openPlace, refusal } from '../files/helpers.ts'
import { ONLY_ROOT } from '../support/small-disk.ts'
import { record } from './helpers/record.ts'

/** Names that are none, on any system. */
const NO_NAMES: readonly unknown[] = [
  '',
  '.',
  '..',
  '/',
  '/etc/passwd',
  'a/b',
  '../a',
  'a/..',
  '..\\a',
  'C:\\a',
  '\\\\server\\share',
  '\\\\?\\C:\\a',
  'a\0',
  '\0',
  'a\0.txt',
  '\ud800',
  'a\udc00b',
  'x'.repeat(256),
  'ü'.repeat(128),
  '.plugbay-',
  '.plugbay-1.part',
  '.PLUGBAY-1.part',
  ...[null, undefined, 1, {}, [], ['..'], true, { toString: () => '..' }],
]

/** Names that some system holds, and another takes for something else. */
const NOT_PORTABLE: readonly string[] = [
  ...[
    'CON',
    'con',
    'con.txt',
    'PRN',
    'AUX',
    'NUL',
    'nul.tar.gz',
    'COM1',
    'com9.log',
    'LPT1',
    'COM¹',
    'CON .txt',
  ],
  ...['CONIN$', 'conout$', 'CLOCK$'],
  ...['a.', 'a ', '...', '. .', 'a:b', 'a:$DATA', 'file::$INDEX_ALLOCATION', '<a>', 'a"b', 'a|b', 'a?', 'a*'],
  ...['a\nb', 'a\rb', 'a\tb', '\u001b[31m', 'a\u007f', 'a\u0085'],
  ...['PROGRA~1', 'LONGNA~1.TXT', 'a~1', 'AB12CD~2.md'],
]

const GOOD: readonly string[] = [
  ...[
    'a',
    'A.txt',
    '.hidden',
    'a.b.c',
    'con_',
    'console',
    'comic1',
    'null',
    'com10',
    'a~',
    'a~b',
    'long~name~12.text',
  ],
  ...[
    '-rf',
    '--',
    '$HOME',
    '`id`',
    '%2e%2e',
    '%00',
    '__proto__',
    'constructor',
    'emoji 🤘',
    'e\u0301',
    '\u00e9',
    'x'.repeat(255),
  ],
]

test('names that are none are refused on every side', async (t) => {
  const { folder, granted, root } = await openPlace(t)
  await writeFile(join(root, 'secret'), 'secret')
  const own = folder()
  for (const name of NO_NAMES) {
    assert.equal(isFileName(name), false, String(name))
    for (const path of [[name], ['a', name], [name, 'secret']]) {
      assert.equal(await refusal(own.create(path, 'file')), 'HOST_CALL_INVALID', JSON.stringify(path))
      assert.equal(await refusal(own.facts(path)), 'HOST_CALL_INVALID', JSON.stringify(path))
      assert.equal(await refusal(own.remove(path, true)), 'HOST_CALL_INVALID', JSON.stringify(path))
      assert.equal(await refusal(own.move(['a'], own, path)), 'HOST_CALL_INVALID', JSON.stringify(path))
    }
  }
  for (const path of ['a', { 0: 'a', length: 1 }, null, Array.from({ length: 65 }, () => 'a'), [['a']]])
    assert.equal(await refusal(own.find(path, 'file')), 'HOST_CALL_INVALID', JSON.stringify(path))
  assert.deepEqual(await readdir(granted), [])
  const figures = `${NO_NAMES.length} names refused`
  record({ id: 'FS-names', area: 'files', title: 'names that are paths, or none', culprit: figures })
})

test('names that mean something else on another system are not created, but what is there can be used', async (t) => {
  const { folder, granted } = await openPlace(t)
  const own = folder()
  await own.create(['ok'], 'file')
  for (const name of NOT_PORTABLE) {
    assert.equal(isFileName(name) && isPortableName(name), false, name)
    assert.equal(await refusal(own.create([name], 'file')), 'TypeError', name)
    assert.equal(await refusal(own.create([name], 'directory')), 'TypeError', name)
    assert.equal(await refusal(own.move(['ok'], own, [name])), 'TypeError', name)
  }
  assert.deepEqual(await readdir(granted), ['ok'])
  await writeFile(join(granted, 'What?: a story'), 'told')
  assert.equal((await own.facts(['What?: a story'])).size, 4)
  record({
    id: 'FS-portable',
    area: 'files',
    title: 'reserved and short names',
    culprit: `${NOT_PORTABLE.length} names refused`,
  })
})

test('ordinary names are names', async (t) => {
  const { folder, granted } = await openPlace(t)
  const own = folder()
  for (const name of GOOD) {
    await own.create([name], 'file')
    await own.find([name], 'file')
  }
  assert.deepEqual((await readdir(granted)).toSorted(), GOOD.toSorted())
})

test('a name in other letters is looked for, so that a file has one name only', () => {
  assert.deepEqual(spellingsOf('a.Txt').toSorted(), ['A.TXT', 'a.txt'])
  assert.deepEqual(spellingsOf('2024'), [])
  assert.ok(spellingsOf('\u00e9').includes('e\u0301'))
  assert.ok(spellingsOf('maß').includes('MAß'))
})

test('another drive that is mounted inside is neither entered nor emptied', ONLY_ROOT, async (t) => {
  const { folder, granted } = await openPlace(t)
  const here = join(granted, 'tree', 'here')
  await mkdir(here, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', here])
  // Before the folder is removed, which comes first of what is left to the end of the test.
  using _mounted = { [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', here]) }
  await writeFile(join(here, 'a'), 'of another drive')
  const own = folder()
  assert.equal(await refusal(own.find(['tree', 'here'], 'directory')), 'done: undefined')
  assert.equal(await refusal(own.facts(['tree', 'here', 'a'])), 'TypeMismatchError')
  assert.equal(await refusal(own.create(['tree', 'here', 'b'], 'file')), 'TypeMismatchError')
  assert.equal(await refusal(own.remove(['tree'], true)), 'TypeMismatchError')
  assert.deepEqual(await readdir(here), ['a'])
})
