// What a backend exports against what its manifest declares; a backend without "fetch".

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareExports } from '../../../runtime/lifecycle/prepare/compare-exports.ts'
import { bothWays, install, logLines, pluginZip, startTestRuntime, upload } from '../../support/runtime.ts'

const TASK = { contributes: { tasks: [{ id: 'nightly' }, { id: 'weekly' }] } }

test('what is declared is exported, what is exported is declared', () => {
  const manifest = {
    contributes: {
      tasks: [{ id: 'nightly' }],
      actions: [{ id: 'backup-now', title: 'Back up' }],
      hooks: [{ hook: 'content.title' }],
    },
  }
  const exports = ['fetch', 'tasks.nightly', 'actions.backup-now.run', 'hooks.content.title']
  assert.deepEqual(compareExports(manifest, exports), { problems: [], warnings: [] })
  const none = compareExports(manifest, ['fetch'])
  assert.deepEqual(
    none.problems.map(({ code, file, pointer }) => [code, file, pointer]),
    [
      ['DECLARATION_MISMATCH', 'manifest.json', '/contributes/tasks/0'],
      ['DECLARATION_MISMATCH', 'manifest.json', '/contributes/actions/0'],
      ['DECLARATION_MISMATCH', 'manifest.json', '/contributes/hooks/0'],
    ],
  )
  assert.equal(
    none.problems[1]?.message,
    'The manifest declares "backup-now", and the backend exports no "actions.backup-now.run"',
  )
  const slip = compareExports(manifest, [
    ...exports.filter((path) => path !== 'tasks.nightly'),
    'tasks.nigthly',
  ])
  assert.equal(slip.problems[0]?.hint, 'Did you mean "nigthly", which the backend exports?')
  assert.deepEqual(
    slip.warnings.map(({ message }) => message),
    ['The backend exports "tasks.nigthly", which the manifest does not declare: it is never called'],
  )
})

test('a plugin whose handlers are missing is refused as an update, with the place in the manifest', async (t) => {
  const runtime = await startTestRuntime(t)
  const backend = 'export default { fetch: () => new Response("well") }'
  await install(runtime, { id: 'book', backend })
  const refused = await upload(runtime, pluginZip({ id: 'book', version: '1.0.1', backend, manifest: TASK }))
  assert.equal(refused.status, 422)
  const { code, problems } = (await refused.json()) as {
    code: string
    problems: { message: string; file: string; pointer: string; hint: string }[]
  }
  assert.equal(code, 'DECLARATION_MISMATCH')
  assert.deepEqual(problems[1], {
    code: 'DECLARATION_MISMATCH',
    message: 'The manifest declares "weekly", and the backend exports no "tasks.weekly"',
    hint: 'Export default { tasks: { "weekly": () => { … } } }, or remove it from the manifest',
    file: 'manifest.json',
    pointer: '/contributes/tasks/1',
  })
})

bothWays(
  'a plugin of tasks alone loads; its API answers 404, and the author is told once',
  async (t, way) => {
    const runtime = await startTestRuntime(t)
    const client = await way.open(t, runtime)
    const installed = await install(runtime, {
      id: 'book',
      backend: 'export default { tasks: { nightly() {}, weekly() {}, unknown() {} } }',
      manifest: TASK,
    })
    assert.equal(installed.state, 'running')
    for (let n = 0; n < 3; n++) {
      const response = await client.fetch('/plugins/book/api/', { method: n === 2 ? 'POST' : 'GET' })
      assert.equal(response.status, 404)
      assert.equal(((await response.json()) as { code: string }).code, 'HANDLER_MISSING')
    }
    const lines = (await logLines(runtime, 'book')).map(({ level, message }) => `${level} ${message}`)
    assert.deepEqual(lines, [
      'warn The backend exports "tasks.unknown", which the manifest does not declare: it is never called. Add it to "contributes.tasks" of the manifest',
      'warn A request came to the API of the plugin and was answered 404: the backend exports no "fetch". Export default { fetch(request, env, ctx) { … } }',
    ])
  },
)

for (const [what, backend] of [
  ['a getter that throws', 'export default { get fetch() { throw new Error("no getter") } }'],
  [
    'a proxy that throws',
    'export default new Proxy({}, { get() { throw new Error("no getter") }, has: () => true })',
  ],
] as const)
  test(`a default export with ${what} does not load, and says why`, async (t) => {
    const runtime = await startTestRuntime(t)
    const { state, problem } = await install(runtime, { id: 'book', backend })
    assert.equal(state, 'failed')
    assert.match(problem?.message ?? '', /no getter/)
  })

test('more exports than a manifest can declare are left out', async (t) => {
  const runtime = await startTestRuntime(t)
  const backend = `
    const tasks = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => ['t' + n, () => {}]))
    tasks['x'.repeat(100_000)] = () => {}
    export default { fetch: () => new Response('well'), tasks }`
  const { state } = await install(runtime, { id: 'book', backend })
  assert.equal(state, 'running')
})
