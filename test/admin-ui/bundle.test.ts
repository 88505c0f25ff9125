// The built admin page: it takes the types of the admin API, not its schemas.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ensureAdminPage } from '../../runtime/admin-ui/build.ts'
import { Installation } from '../../sdk/api/plugins.ts'

const ASSETS = new URL('../../runtime/admin-ui/dist/assets/', import.meta.url)

/** A property of every schema of typebox, which no minifier renames. */
const MARK = '~kind'

test('the bundle of the admin page holds no schemas: it takes the types of the API, and no typebox', async () => {
  await ensureAdminPage()
  const scripts = (await readdir(ASSETS)).filter((name) => name.endsWith('.js'))
  assert.ok(scripts.length > 0)
  for (const name of scripts) {
    assert.equal((await readFile(new URL(name, ASSETS), 'utf8')).includes(MARK), false, name)
  }
  assert.ok(MARK in Installation, 'typebox marks its schemas in another way now')
})
