// Compares a table of capabilities with the names of tests: who reads a failing test knows which row is broken, and no row is forgotten.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const TEST_NAME = /\b(?:test|it|describe|bothWays)\(\s*(['"`])((?:(?!\1).)*)\1/g

/** One test for each row: some test, or group of tests, has a name that is the row, or begins with it and a colon or a bracket. */
export function rowsAreTested(rows: readonly string[]): void {
  const names = globSync('test/**/*.test.ts', { exclude: ['**/node_modules/**'] }).flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(TEST_NAME)].map(([, , name = '']) => name),
  )
  for (const row of rows)
    test(`"${row}" has a test of its own`, () => {
      const found = names.filter(
        (name) => name === row || name.startsWith(`${row}:`) || name.startsWith(`${row} of `),
      )
      assert.notEqual(found.length, 0)
    })
}
