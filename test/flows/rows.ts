// Compares a table of capabilities with the names of tests: who reads a failing test knows which row is broken, and no row is forgotten.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const TEST_NAME = /\b(?:test|it|describe|bothWays)\(\s*(['"`])((?:(?!\1).)*)\1/g

/**
 * One test for each row: among the tests of `files`, a pattern, one or a group of them is named after the row, or has a name that begins
 * with the row and a colon.
 */
export function rowsAreTested(rows: readonly string[], files = 'test/**/*.test.ts'): void {
  const names = globSync(files, { exclude: ['**/node_modules/**'] }).flatMap((path) =>
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
