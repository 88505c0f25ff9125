// Upgrades: migrations and upgrade steps bring the data of a plugin to a new release, or everything is as it was before.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import {
  api,
  backendOf,
  bothWays,
  install,
  logLines,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
  upload,
} from '../../support/runtime.ts'

const FIRST = 'CREATE TABLE note (text TEXT NOT NULL)'
const SECOND = "ALTER TABLE note ADD COLUMN tag TEXT NOT NULL DEFAULT 'none'"

/** The text of a step that writes down that it ran, in both stores, and what the schema was; then `more`. */
const step = (from: string, name: string, more = '') => `{ from: '${from}', async run(env, ctx) {
  const columns = (await env.db.prepare('SELECT * FROM pragma_table_info(\\'note\\')').all()).results.length
  await env.kv.put('steps', ((await env.kv.get('steps')) ?? '') + '${name}(' + columns + ' by ' + (ctx.user?.name ?? null) + ') ')
  await env.db.prepare('INSERT INTO note (text) VALUES (?)').bind('${name}').run()
  ${more}
} }`

interface Plan {
  readonly steps?: readonly string[]
  readonly migrations?: readonly string[]
  readonly upgrade?: string
}

function notes(version: string, { steps = [], migrations = [FIRST], upgrade }: Plan = {}): PluginSource {
  return {
    id: 'notes',
    version,
    backend: `export default {
      async fetch(request, env) {
        const url = new URL(request.url)
        if (request.method === 'POST') {
          await env.kv.put('said', await request.clone().text())
          await env.db.prepare('INSERT INTO note (text) VALUES (?)').bind(await request.text()).run()
        }
        return Response.json({
          version: '${version}',
          said: await env.kv.get('said'),
          steps: await env.kv.get('steps'),
          notes: (await env.db.prepare('SELECT text FROM note').all()).results.map(({ text }) => text),
        })
      },
      lifecycle: { upgrade: ${upgrade ?? `[${steps.join(', ')}]`} },
    }`,
    manifest: { permissions: { kv: true, database: true } },
    files: Object.fromEntries(migrations.map((sql, n) => [`backend/migrations/000${n + 1}.sql`, sql])),
  }
}

test('a step uses what only the new release is granted', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, { id: 'grows', backend: backendOf('return new Response()') })
  const step = "{ from: '<2.0.0', run: (env) => env.kv.put('by', 'step') }"
  const upgraded = await install(
    runtime,
    {
      id: 'grows',
      version: '2.0.0',
      backend: `export default {
        fetch: async (request, env) => new Response(await env.kv.get('by')),
        lifecycle: { upgrade: [${step}] },
      }`,
      manifest: { permissions: { kv: true } },
    },
    { grant: 'all' },
  )
  assert.deepEqual([upgraded.version, upgraded.problem], ['2.0.0', null])
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/grows/api/')
  assert.equal(await response.text(), 'step')
})

async function ask(runtime: Runtime, body?: string): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body }
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/notes/api/', init)
  return response.ok ? await response.json() : response.status
}

interface Refusal {
  readonly status: number
  readonly code: string
  readonly problems: readonly { readonly code: string; readonly message: string; readonly hint?: string }[]
}

async function refused(runtime: Runtime, source: PluginSource): Promise<Refusal> {
  const response = await upload(runtime, pluginZip(source))
  return { ...((await response.json()) as Omit<Refusal, 'status'>), status: response.status }
}

const get = async (runtime: Runtime) => (await (await api(runtime, '/plugins/notes')).json()) as Installation
const command = async (runtime: Runtime, name: string, body?: unknown) => {
  const response = await send(runtime, 'POST', `/plugins/notes/${name}`, body)
  assert.equal(response.status, 200)
  return (await response.json()) as Installation
}

/** What is left of checkpoints and transfers. */
async function leftovers(runtime: Runtime): Promise<readonly string[]> {
  const { pluginData } = runtime.store.paths
  const names = await Promise.all(
    ['.checkpoints', '.transfers'].map((name) => readdir(join(pluginData, name)).catch(() => [])),
  )
  return names.flat()
}

/** With a row and a key of the first release. */
async function started(runtime: Runtime, plan: Plan = {}): Promise<void> {
  await install(runtime, notes('1.0.0', plan))
  await ask(runtime, 'tea')
}

const BEFORE = { version: '1.0.0', said: 'tea', steps: null, notes: ['tea'] }

test('an upgrade runs all migrations, then the steps whose range holds the old version, in the order of the list, once', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime, { steps: [step('<9.0.0', 'never')] })
  assert.deepEqual(await ask(runtime), BEFORE, 'a first installation runs no step')
  const steps = [step('<2.0.0', 'b'), step('<0.9.0', 'too-old'), step('1.x', 'a'), step('>=2.0.0', 'too-new')]
  const plan = { steps, migrations: [FIRST, SECOND] }
  assert.equal((await install(runtime, notes('2.0.0', plan))).state, 'running')
  const after = {
    version: '2.0.0',
    said: 'tea',
    steps: 'b(2 by admin) a(2 by admin) ',
    notes: ['tea', 'b', 'a'],
  }
  assert.deepEqual(await ask(runtime), after)
  await command(runtime, 'reload')
  await command(runtime, 'disable')
  await command(runtime, 'enable')
  assert.deepEqual(await ask(runtime), after, 'once per upgrade')
  await install(runtime, notes('2.1.0', { ...plan, steps: [...steps, step('2.0.x', 'c')] }))
  const { steps: ran } = (await ask(runtime)) as { steps: string }
  assert.equal(ran, 'b(2 by admin) a(2 by admin) too-new(2 by admin) c(2 by admin) ')
  assert.deepEqual(await leftovers(runtime), [])
})

test('a prerelease of the old version counts as older than the version itself', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, notes('2.0.0-beta.2'))
  await install(runtime, notes('2.0.0', { steps: [step('<2.0.0', 'final')] }))
  assert.equal(((await ask(runtime)) as { steps: string }).steps, 'final(1 by admin) ')
})

bothWays(
  'a step that throws restores the old release and everything that was stored, and says which step',
  async (t, way) => {
    const runtime = await startTestRuntime(t)
    const client = await way.open(t, runtime)
    await started(runtime)
    const steps = [step('<2.0.0', 'a'), step('<2.0.0', 'b', "throw new Error('no way')")]
    const refusal = await refused(runtime, notes('2.0.0', { steps, migrations: [FIRST, SECOND] }))
    assert.deepEqual([refusal.status, refusal.code], [422, 'UPGRADE_FAILED'])
    assert.deepEqual(refusal.problems, [
      {
        code: 'UPGRADE_FAILED',
        message: 'The upgrade step 2, from "<2.0.0", failed: Error: no way',
        hint: 'The log of the plugin holds the error with its stack',
      },
    ])
    assert.deepEqual(await (await client.fetch('/plugins/notes/api/')).json(), BEFORE)
    const { version, state, problem, releases } = await get(runtime)
    assert.deepEqual([version, state, problem, releases.length], ['1.0.0', 'running', null, 1])
    const error = (await logLines(runtime, 'notes')).find(({ message }) => message === 'Error: no way')
    assert.match(error?.stack ?? '', /backend\/index\.js:\d+/)
    assert.deepEqual(await leftovers(runtime), [])
    // The same version, corrected.
    await install(runtime, notes('2.0.0', { steps: [step('<2.0.0', 'a')], migrations: [FIRST, SECOND] }))
    assert.deepEqual(((await ask(runtime)) as { notes: string[] }).notes, ['tea', 'a'])
  },
)

for (const [what, more] of [
  ['hangs', 'for (;;);'],
  ['crashes its process', 'new Array(1e9).fill(0)'],
  ['uses up its memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(0))'],
] as const)
  test(`a step that ${what} restores the old release and everything that was stored`, async (t) => {
    const runtime = await startTestRuntime(t)
    await started(runtime)
    const refusal = await refused(runtime, notes('2.0.0', { steps: [step('*', 'a', more)] }))
    assert.deepEqual([refusal.status, refusal.code], [422, 'UPGRADE_FAILED'])
    assert.match(refusal.problems[0]?.message ?? '', /^The upgrade step 1, from "\*", failed: .+/)
    assert.deepEqual(await ask(runtime), BEFORE)
    assert.deepEqual(await leftovers(runtime), [])
  })

test('a migration that fails leaves the old release and its data, and no step runs', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  const plan = { steps: [step('*', 'a')], migrations: [FIRST, SECOND, 'ALTER TABLE nothing ADD COLUMN x'] }
  const refusal = await refused(runtime, notes('2.0.0', plan))
  assert.deepEqual([refusal.status, refusal.code], [422, 'MIGRATION_FAILED'])
  assert.deepEqual(await ask(runtime), BEFORE)
  await install(runtime, notes('2.0.0', { migrations: [FIRST, SECOND], steps: plan.steps }))
  assert.equal(((await ask(runtime)) as { steps: string }).steps, 'a(2 by admin) ')
})

test('stores that the plugin did not have before an upgrade that fails are empty again', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, { ...notes('1.0.0', { migrations: [] }), backend: 'export default { fetch() {} }' })
  const failing = notes('2.0.0', { steps: [step('*', 'a', "throw new Error('no')")] })
  assert.equal((await refused(runtime, failing)).code, 'UPGRADE_FAILED')
  await install(runtime, notes('2.0.1', { steps: [step('*', 'b')] }))
  const after = { version: '2.0.1', said: null, steps: 'b(1 by admin) ', notes: ['b'] }
  assert.deepEqual(await ask(runtime), after)
})

test('a disabled plugin is upgraded from the version that its data is of, when it is enabled', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  await command(runtime, 'disable')
  await install(runtime, notes('2.0.0', { steps: [step('*', 'two')] }))
  const three = { steps: [step('<2.0.0', 'three'), step('>=2.0.0', 'never')] }
  assert.equal((await install(runtime, notes('3.0.0', three))).state, 'disabled')
  assert.equal((await command(runtime, 'enable')).state, 'running')
  assert.equal(((await ask(runtime)) as { steps: string }).steps, 'three(1 by admin) ')
})

test('an upgrade that fails when a plugin is enabled leaves the plugin failed, with its data, and a way back', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  await command(runtime, 'disable')
  await install(runtime, notes('2.0.0', { steps: [step('*', 'two', "throw new Error('no')")] }))
  const failed = await command(runtime, 'enable')
  assert.deepEqual([failed.state, failed.problem?.code], ['failed', 'UPGRADE_FAILED'])
  const back = await command(runtime, 'rollback')
  assert.deepEqual([back.version, back.state], ['1.0.0', 'running'])
  assert.deepEqual(await ask(runtime), BEFORE)
})

test('a rollback runs no step, and the next upgrade runs them again', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime, { steps: [step('*', 'never')] })
  const two = notes('2.0.0', { steps: [step('<2.0.0', 'two')] })
  await install(runtime, two)
  await command(runtime, 'rollback')
  assert.equal(((await ask(runtime)) as { steps: string }).steps, 'two(1 by admin) ')
  await command(runtime, 'rollback', { version: '2.0.0' })
  assert.equal(((await ask(runtime)) as { steps: string }).steps, 'two(1 by admin) two(1 by admin) ')
})

test('a release that waits for approval is upgraded when it is approved', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  const two = notes('2.0.0', { steps: [step('*', 'two')] })
  const permissions = { kv: true, database: true, network: ['https://example.org'] }
  assert.equal((await install(runtime, { ...two, manifest: { permissions } })).state, 'waiting-approval')
  assert.deepEqual(await ask(runtime), BEFORE)
  assert.equal((await send(runtime, 'PUT', '/plugins/notes/grants', permissions)).status, 200)
  assert.equal(((await ask(runtime)) as { steps: string }).steps, 'two(1 by admin) ')
})

test('a snapshot of an older release is upgraded by its steps when it is imported', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  const snapshot = await (await api(runtime, '/plugins/notes/data')).bytes()
  await install(runtime, notes('2.0.0', { steps: [step('<2.0.0', 'two')], migrations: [FIRST, SECOND] }))
  await ask(runtime, 'coffee')
  const response = await api(runtime, '/plugins/notes/data', {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: snapshot,
  })
  assert.equal(response.status, 200, await response.clone().text())
  const after = { version: '2.0.0', said: 'tea', steps: 'two(2 by null) ', notes: ['tea', 'two'] }
  assert.deepEqual({ ...((await ask(runtime)) as object), steps: 'two(2 by null) ' }, after)
})

test('a runtime that ends in the middle of a step restores the data, and the next start serves the old release', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  await started(first)
  const slow = step('*', 'a', "console.log('at work'); await new Promise(() => {})")
  const upgrading = upload(first, pluginZip(notes('2.0.0', { steps: [slow], migrations: [FIRST, SECOND] })))
  await until('it is at work', async () =>
    (await logLines(first, 'notes')).some(({ message }) => message === 'at work'),
  )
  assert.equal(await ask(first), 503, 'nothing of the plugin serves meanwhile')
  await first.close()
  assert.equal((await upgrading).ok, false)
  const second = await startTestRuntime(t, { config: { data } })
  assert.deepEqual(await ask(second), BEFORE)
  assert.deepEqual(await leftovers(second), [])
})

test('a list of steps that is none is refused when the backend loads, and the old release goes on', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  for (const [upgrade, message] of [
    ["() => 'done'", /"lifecycle\.upgrade" is not a list of steps/],
    ['[{ run() {} }]', /"lifecycle\.upgrade\[0\]" has no "from"/],
    ["[{ from: '<2' }]", /"lifecycle\.upgrade\[0\]" has no function "run"/],
    ["[{ from: 'x'.repeat(201), run() {} }]", /"lifecycle\.upgrade\[0\]" has no "from"/],
    ['[null]', /"lifecycle\.upgrade\[0\]" has no "from"/],
    ["Array.from({ length: 101 }, () => ({ from: '<2', run() {} }))", /more than 100 steps/],
    [
      "[{ from: 'soon', run() {} }]",
      /"lifecycle\.upgrade\[0\]\.from" is "soon", which is no range of versions/,
    ],
    ["[{ from: '<2\\n', run() {} }, { from: 'a\\nb', run() {} }]", /\[1\]\.from" is "a/],
  ] as const) {
    const refusal = await refused(runtime, notes('2.0.0', { upgrade }))
    assert.equal(refusal.status, 422, upgrade)
    assert.match(refusal.problems[0]?.message ?? '', message)
  }
  assert.deepEqual(await ask(runtime), BEFORE)
})
