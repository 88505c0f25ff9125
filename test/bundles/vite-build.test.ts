// What Vite builds for us leaves the process as it was.

import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ensureBuilt } from '../../runtime/bundles/vite-build.ts'
import { temporaryFolder } from '../support/runtime.ts'

test('a build leaves NODE_ENV as it was: programs that are started later would install fewer packages', async (t) => {
  const root = await temporaryFolder(t)
  const output = join(await temporaryFolder(t), 'page')
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>Page</title>')
  const said: string[] = []
  const page = { name: 'a page', root, output, sources: [root], libraries: /^vite$/ }
  const before = process.env.NODE_ENV
  await ensureBuilt(page, { say: (line) => said.push(line) })
  assert.deepEqual([said.length, readdirSync(output)], [1, ['index.html']])
  assert.equal(process.env.NODE_ENV, before)
})
