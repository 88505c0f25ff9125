// plugbay types, against a real server; and what "plugbay create" and "plugbay dev" do with the file by themselves.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { refreshTypes, writeTypes } from '../../runtime/dev/env-types.ts'
import { defineHost } from '../../runtime/index.ts'
import type { ExtensionPoints } from '../../sdk/api/extension-points.ts'
import { api, install, startTestRuntime, temporaryFolder } from '../support/runtime.ts'
import { documentOf, runCli, startServer } from './harness.ts'

const ROOT = join(import.meta.dirname, '../..')

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

test('hooks, contexts and functions of an application are types of its plugins, which compile and run as written', async (t) => {
  const host = defineHost({
    id: 'library',
    version: '2.3.0',
    hooks: { 'content.title': { value: { type: 'string' }, deadlineMs: 20_000 } },
    contexts: {
      book: { data: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] } },
    },
    calls: {
      'catalog.count': {
        args: { type: 'string' },
        result: { type: 'integer' },
        run: (text) => String(text).length,
      },
    },
  })
  const runtime = await startTestRuntime(t, { host })
  const { items } = (await (await api(runtime, '/extension-points')).json()) as ExtensionPoints
  const folder = await temporaryFolder(t)
  assert.equal(await writeTypes(folder, { host, points: items }), true)
  const backend = `import { definePlugin } from 'plugbay/sdk'
export default definePlugin({
  hooks: {
    async 'content.title'(title, { language }, env) {
      const count = await env.host.call('catalog.count', title)
      return title + count.toFixed(1) + language
    },
  },
  actions: {
    read: { run: (args, env, { action }) => (action?.context === 'book' ? action.object.title.trim() : '') },
  },
})
`
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  writeFileSync(join(folder, 'index.ts'), backend)
  const compilerOptions = { types: [], paths: { 'plugbay/sdk': [join(ROOT, 'sdk/index.ts')] } }
  const tsconfig = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const tsc = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder])
  assert.equal(tsc.stdout.toString(), '')
  assert.equal(tsc.status, 0)
  await install(runtime, {
    id: 'counter',
    typescript: true,
    backend,
    manifest: {
      permissions: { host: ['catalog.count'] },
      contributes: {
        hooks: [{ hook: 'content.title' }],
        actions: [{ id: 'read', title: 'Read', context: 'book' }],
      },
    },
  })
  const { value, skipped } = await runtime.hooks.apply('content.title', 'Algebra')
  assert.deepEqual([value, skipped], ['Algebra7.0en', []])
  const object = { title: ' Alice ' }
  const request = {
    plugin: 'counter',
    action: 'read',
    context: 'book',
    object,
    user: null,
    args: {},
  } as const
  assert.equal((await runtime.actions.run(request)).message, 'Alice')
})

test('dev keeps the file fresh: of another host, what the manifest says; none in a plugin whose types nobody checks', async (t) => {
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
  const other = { ...source, host: { id: 'other', version: '1.0.0' } }
  assert.equal(await refreshTypes(folder, other), false)
  writeFileSync(join(folder, 'manifest.json'), '{ "id": "a", "permissions": { "kv": true } }')
  assert.equal(await refreshTypes(folder, { ...source, host: { id: 'one', version: '2.0.0' } }), true)
  writeFileSync(join(folder, 'manifest.json'), '{ "id": "b", "permissions": { "database": true } }')
  assert.equal(await refreshTypes(folder, other), true)
  const text = readFileSync(file, 'utf8')
  assert.match(text, /^\/\/ Types of "one" "2\.0\.0"\n/)
  assert.match(text, /readonly id: "b"/)
  assert.doesNotMatch(text, /"kv"/)
  // In the midst of writing.
  writeFileSync(join(folder, 'manifest.json'), '{ "id": ')
  assert.equal(await refreshTypes(folder, other), false)
  assert.equal(await refreshTypes(folder, { ...source, host: { id: 'one', version: '2.0.0' } }), false)
})
