// The tree of the tests: it mirrors the sources, and says which tests are slow.

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { SLOW_TESTS } from './tiers.ts'

/** What tests more than one room, and what tests are made of. */
const ACROSS = [
  'bench',
  'browser',
  'compatibility',
  'docs',
  'durability',
  'first-hours',
  'flows',
  'hardware',
  'performance',
  'security',
  'soak',
  'support',
  'wpt',
]

test('a folder of tests has the name of the room that it tests', () => {
  const rooms = ['.', 'runtime'].flatMap((folder) => foldersIn(folder))
  const strange = foldersIn('test').filter((name) => !rooms.includes(name) && !ACROSS.includes(name))
  assert.deepEqual(strange, [])
  assert.deepEqual(
    ACROSS.filter((name) => !existsSync(`test/${name}`)),
    [],
  )
})

test('what is said to be slow is there', () => {
  assert.deepEqual(
    SLOW_TESTS.filter(({ path }) => !existsSync(path)),
    [],
  )
})

function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  )
}
