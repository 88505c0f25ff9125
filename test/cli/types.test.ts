// plugbay types, against a real server; and what "plugbay create" and "plugbay dev" do with the file by themselves.

import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { refreshTypes } from '../../runtime/dev/env-types.ts'
import { temporaryFolder } from '../support/runtime.ts'
import { documentOf, runCli, startServer } from './harness.ts'

test('the types of a server are written into the folder of a plugin, once', async (t) => {
  const { env } = await startServer(t)
  const cwd = await temporaryFolder(t)
  const settings = { type: 'object', properties: { folder: { type: 'string', default: 'a' } } }
  writeFileSync(join(cwd, 'manifest.json'), JSON.stringify({ settings }))
  const first = await runCli(['types', '.'], { env, cwd })
  assert.match(
    first.out,
    /^Wrote \.\/plugbay-env\.d\.ts: \d+ extension points of "plugbay-server" 1\.0\.0\n$/,
  )
  const text = readFileSync(join(cwd, 'plugbay-env.d.ts'), 'utf8')
  assert.match(text, /"server\.started": \{ readonly "version": string \}/)
  assert.match(text, /readonly "folder": string\n/)
  const second = documentOf(await runCli(['types', '.', '--json'], { env, cwd }))
  assert.deepEqual(second.results, [
    { id: '.', ok: true, file: 'plugbay-env.d.ts', host: 'plugbay-server', changed: false },
  ])
})

test('dev keeps the file fresh, but not that of another host, and not in a plugin without TypeScript', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'plugbay-env.d.ts')
  const source = { host: { id: 'one', version: '1.0.0' }, points: [] }
  assert.equal(await refreshTypes(folder, source), false)
  writeFileSync(join(folder, 'tsconfig.json'), '{}')
  assert.equal(await refreshTypes(folder, source), true)
  const { mtimeMs } = statSync(file)
  assert.equal(await refreshTypes(folder, source), false)
  assert.equal(statSync(file).mtimeMs, mtimeMs)
  assert.equal(await refreshTypes(folder, { ...source, host: { id: 'one', version: '2.0.0' } }), true)
  assert.equal(await refreshTypes(folder, { ...source, host: { id: 'other', version: '1.0.0' } }), false)
  assert.match(readFileSync(file, 'utf8'), /^\/\/ Types of "one" "2\.0\.0"\n/)
})
