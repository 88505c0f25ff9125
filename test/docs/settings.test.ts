// docs/settings.md lists exactly the formats of the table, with their words and examples.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { FORMAT_NAMES, formatOf } from '../../sdk/settings/formats.ts'

test('docs/settings.md lists the formats of settings', () => {
  const page = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (string|integer) \| (.+?) \| `(.+?)` \|/gm)]
  assert.deepEqual(
    rows.map(([, name, type, words, example]) => ({ name, type, words, example })),
    FORMAT_NAMES.map((name) => {
      const { type, words, example } = formatOf(name) ?? assert.fail(name)
      return { name, type, words, example }
    }),
  )
})
