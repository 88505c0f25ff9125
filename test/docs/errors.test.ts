// docs/errors.md lists every error code, in the words of the table that the program uses.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ERROR_CODES } from '../../sdk/protocol/error-codes.ts'

const AUDIENCES: Readonly<Record<string, string>> = {
  author: 'the author of a plugin',
  operator: 'the operator of the server',
  visitor: 'the client that sent the request',
  plugin: 'the code of a plugin',
}

test('docs/errors.md has exactly the rows of the table of error codes', async () => {
  const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const found = text.split('\n').filter((line) => line.startsWith('| `'))
  const expected = Object.entries(ERROR_CODES).map(
    ([code, { status, title, audience, hint }]) =>
      `| \`${code}\` | ${status} | ${title} | ${audience} | ${hint} |`,
  )
  assert.deepEqual(found, expected)
})

test('docs/errors.md explains every audience', async () => {
  const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const used = new Set(Object.values(ERROR_CODES).map(({ audience }) => audience))
  for (const audience of used) assert.ok(text.includes(`**${audience}**: ${AUDIENCES[audience]}`), audience)
})
