// Comments say things plainly: none holds one of the words in words.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceFiles } from '../support/source-files.ts'
import { riddlesIn } from './words.ts'

const SOURCES = [
  'sdk/**/*.{ts,tsx}',
  'plugin-store/**/*.ts',
  'runtime/**/*.{ts,tsx}',
  'sample-plugins/**/*.{ts,tsx}',
  'test/**/*.ts',
]

test('no comment speaks in riddles', () => {
  const files = sourceFiles(SOURCES, [])
  assert.ok(files.length > 300, `only ${files.length} files were read`)
  const found = files.flatMap(({ path, text }) =>
    riddlesIn(path, text).map(
      (finding) => `${path}:${finding.line}: "${finding.text}" (say: ${finding.instead})`,
    ),
  )
  assert.deepEqual(found, [])
})

test('a riddle is found in every kind of comment, and nowhere else', () => {
  const source = [
    'const a = 1 // nobody waits for it',
    '/** Told when it ends. */',
    'const text = "nobody is told // whoever asks"',
    '/*',
    ' * The process runs.',
    ' * It is made anew.',
    ' */',
    '// It is no longer used, and nothing is wrong with that.',
    'export const page = `// somebody`',
  ].join('\n')
  assert.deepEqual(
    riddlesIn('planted.ts', source).map(({ line, text }) => `${line} ${text}`),
    ['1 nobody waits for it', '2 Told when it ends.', '6 It is made anew.'],
  )
})

test('an allowed line is allowed in its own file only', () => {
  const source = '// The last statement is no query.'
  const allowed = new Set(['allowed.ts: The last statement is no query.'])
  assert.deepEqual(riddlesIn('allowed.ts', source, allowed), [])
  assert.equal(riddlesIn('other.ts', source, allowed).length, 1)
})
