// settings.toml: what is read, what is refused with its place, and that a change is noticed, whole.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openSettingsFile } from '../../runtime/settings/settings-file.ts'
import { readSections } from '../../runtime/settings/settings-toml.ts'
import { temporaryFolder, until } from '../support/runtime.ts'

const read = (text: string | Uint8Array) => readSections(typeof text === 'string' ? Buffer.from(text) : text)

function refusal(text: string | Uint8Array) {
  const outcome = read(text)
  assert.ok(!outcome.ok)
  return outcome.problem
}

test('sections are read as they are written, dates as their text', () => {
  const outcome = read(
    '\uFEFF# all\n[usb-backup]\nfolder = "x"\nsize = "5MB"\nitems = ["a"]\nday = 2026-03-01\n[lib]\non = true\n'.slice(
      1,
    ),
  )
  assert.ok(outcome.ok)
  assert.deepEqual(
    [...outcome.sections].map(([id, values]) => [id, { ...values }]),
    [
      ['usb-backup', { folder: 'x', size: '5MB', items: ['a'], day: '2026-03-01' }],
      ['lib', { on: true }],
    ],
  )
})

test('a syntax error has its line and column, and shows nothing of the file', () => {
  const problem = refusal('[lib]\npassword = s3cret\n')
  assert.deepEqual([problem.line, problem.column, problem.code], [2, 12, 'SETTINGS_FILE_INVALID'])
  assert.match(problem.message, /^"settings\.toml" has a syntax error in line 2, column 12: /)
  assert.doesNotMatch(JSON.stringify(problem), /s3cret/)
})

test('what could harm is refused or harmless', () => {
  for (const text of [
    '[a]\nx = 1\n[a]\ny = 2',
    '[a]\nx = 1\nx = 2',
    `[a]\nx = ${'['.repeat(100_000)}`,
    '[a]\nx = 99999999999999999999',
    Uint8Array.of(0xff, 0xfe),
  ])
    assert.equal(refusal(text).code, 'SETTINGS_FILE_INVALID')
  const outcome = read('title = "x"\n["__proto__"]\npolluted = 1\n[a]\n"__proto__" = 1\n[[list]]\nx = 1\n')
  assert.ok(outcome.ok)
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.deepEqual([...outcome.sections.keys()], ['__proto__', 'a'])
  assert.deepEqual(
    outcome.warnings.map(({ message }) => message),
    ['"title" in settings.toml is in no section', '"list" in settings.toml is in no section'],
  )
})

async function opened(t: TestContext, text?: string) {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'settings.toml')
  if (text !== undefined) await writeFile(path, text)
  const lines: string[] = []
  const note = (line: unknown) => void lines.push(String(line))
  const file = await openSettingsFile({ path, pollMs: 10, log: { warn: note, info: note } })
  t.after(() => file.close())
  const changes: (readonly string[] | 'all')[] = []
  file.subscribe((ids) => changes.push(ids))
  return { changes, file, lines, path }
}

test('a change is noticed with its sections, and a mistake leaves the last good values', async (t) => {
  const { changes, file, lines, path } = await opened(t, '[a]\nx = 1\n[b]\ny = 1\n')
  assert.deepEqual([file.section('a')?.x, file.ids, file.problems], [1, ['a', 'b'], []])
  await writeFile(path, '[a]\nx = 2\n[b]\ny = 1\n')
  await until('the change is noticed', () => changes.length === 1)
  assert.deepEqual([file.section('a')?.x, changes[0]], [2, ['a']])
  await writeFile(path, '[a]\nx = 3\n[b\n')
  await until('the mistake is noticed', () => file.problems.length === 1)
  assert.deepEqual([file.section('a')?.x, file.problems[0]?.line, file.unknown], [2, 3, undefined])
  assert.match(lines[0] ?? '', /line 3.*; the last good values stay$/)
  await writeFile(path, '[a]\nx = 3\n')
  await until('the file is good again', () => file.problems.length === 0)
  assert.deepEqual([file.section('a')?.x, changes[1]], [3, ['a', 'b']])
  await rm(path)
  await until('the file is gone', () => file.section('a') === undefined)
  await writeFile(`${path}.new`, '[c]\n')
  await rename(`${path}.new`, path)
  await until('another file is in its place', () => file.ids.length === 1)
  assert.deepEqual(changes.slice(2), [['a'], ['c']])
})

test('a file with a mistake at the start is unknown until it is mended', async (t) => {
  const { changes, file, path } = await opened(t, '[a\n')
  assert.equal(file.unknown?.line, 1)
  assert.deepEqual(file.ids, [])
  await writeFile(path, '')
  await until('it is mended', () => file.unknown === undefined)
  assert.deepEqual(changes, ['all'])
})

test('a folder, a pipe, a large file or a link to nothing in its place stops nothing', async (t) => {
  const { file, path } = await opened(t)
  assert.deepEqual([file.problems, file.unknown], [[], undefined])
  const replace = async (make: () => unknown, expected: RegExp) => {
    await rm(path, { recursive: true, force: true })
    await make()
    await until(`it says ${expected}`, () => expected.test(file.problems[0]?.message ?? ''))
  }
  await replace(() => mkdir(path), /cannot be read \((EISDIR|it is not a file)\)/)
  await replace(() => writeFile(path, `#${'x'.repeat(1_000_000)}`), /has more than 1000000 bytes/)
  await replace(() => execFileSync('mkfifo', [path]), /cannot be read \(it is not a file\)/)
  await rm(path)
  await symlink(`${path}.nowhere`, path)
  await until('a link to nothing is an absent file', () => file.problems.length === 0)
})
