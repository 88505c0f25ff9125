// "plugbay check" tells what the upload would, and an installation says what it grants. Tests bear the number of the problem that
// they keep away.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
import { documentOf, runCli, startServer } from '../cli/harness.ts'
import { saveFiles } from '../dev/dev-plugin.ts'
import { temporaryFolder } from '../support/runtime.ts'

const parts = { openPackageTool }
const manifest = (more: object = {}) => ({
  'manifest.json': JSON.stringify({
    manifestVersion: 1,
    id: 'shop',
    name: 'Shop',
    version: '1.0.0',
    ...more,
  }),
})
const BACKEND = { 'backend/index.js': 'export default { fetch: () => new Response("ok") }' }
const DATABASE = { permissions: { database: true } }

test('S6: check passes what the upload takes, and refuses what it refuses, with file and line', async (t) => {
  const cases = [
    {
      name: 'good',
      files: { ...manifest(DATABASE), ...BACKEND, 'backend/migrations/1.sql': 'CREATE TABLE a (b)' },
    },
    {
      name: 'migration',
      files: {
        ...manifest(DATABASE),
        ...BACKEND,
        'backend/migrations/1.sql': 'CREATE TABLE a (b);\nALTER TABLE nope ADD c;',
      },
      code: 'MIGRATION_FAILED',
      file: 'backend/migrations/1.sql',
    },
    {
      name: 'load',
      files: { ...manifest(), 'backend/index.js': '\nthrow new Error("not today")\nexport default {}' },
      code: 'LOAD_FAILED',
      file: 'backend/index.js',
    },
  ]
  const { env } = await startServer(t)
  const cwd = await temporaryFolder(t)
  for (const { name, files, code, file } of cases) {
    await saveFiles(join(cwd, name), files)
    const checked = await runCli(['check', name, '--json'], { cwd, parts })
    const [result] = documentOf(checked).results
    const uploaded = await runCli(['install', name, '--json'], { cwd, parts, env })
    const [answer] = documentOf(uploaded).results
    assert.deepEqual([checked.code, result?.ok], [uploaded.code, answer?.ok], name)
    if (code === undefined) continue
    const problems = (result?.problems ?? []) as readonly Place[]
    const [problem] = problems
    assert.deepEqual([problem?.code, problem?.file, problem?.line], [code, file, 2], name)
    const people = await runCli(['check', name], { cwd, parts })
    assert.doesNotMatch(people.out, /valid plugin/)
  }
})

interface Place {
  readonly code: string
  readonly file?: string
  readonly line?: number
}

test('S6: what depends on the server is a note of check, not a problem', async (t) => {
  const cwd = await temporaryFolder(t)
  const settings = { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] }
  await saveFiles(join(cwd, 'needs'), { ...manifest({ settings }), ...BACKEND })
  const ran = await runCli(['check', 'needs'], { cwd, parts })
  assert.equal(ran.code, 0, ran.err)
  assert.match(ran.out, /note: its migrations and its backend were not tried: .*"key"/)
})

test('S3: install says what it has granted, and asks first at a terminal', async (t) => {
  const { env, runtime } = await startServer(t)
  const cwd = await temporaryFolder(t)
  const permissions = { kv: true, network: ['https://api.example.org'] }
  await saveFiles(join(cwd, 'shop'), { ...manifest({ permissions }), ...BACKEND })
  const asked: string[] = []
  const ask = async (question: string) => {
    asked.push(question)
    return 'n'
  }
  const refused = await runCli(['install', 'shop'], { cwd, parts, env, io: { ask } })
  assert.match(
    asked[0] ?? '',
    /^shop asks for network \(https:\/\/api\.example\.org\), kv\. Grant it\? \[y\/N\] $/,
  )
  assert.match(refused.out, /it was granted nothing\n/)
  assert.deepEqual((await runtime.plugins.get('shop')).grants, {})
  await runtime.plugins.uninstall('shop', { data: 'delete', actor: 'test' })

  const silent = await runCli(['install', 'shop'], { cwd, parts, env })
  assert.match(silent.out, /it was granted network \(https:\/\/api\.example\.org\), kv;/)
  assert.equal(asked.length, 1)
  const help = await runCli(['install', '--help'])
  assert.match(help.out.replace(/\s+/g, ' '), /--grant <what> .*default: asked at a terminal, else all/)
})
