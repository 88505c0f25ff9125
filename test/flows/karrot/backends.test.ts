// What Karrot's users know of backends, row by row: each test begins with the name of its row in the table of Karrot's capabilities.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { defineHost, type Runtime } from '../../../runtime/index.ts'
import type { UploadAnswer } from '../../../sdk/api/packages.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import type { TaskView } from '../../../sdk/api/tasks.ts'
import {
  api,
  backendOf,
  bothWays,
  install,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  until,
  upload,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const host = defineHost({
  id: 'karrot',
  version: '1.0.0',
  events: { 'group.joined': { data: { type: 'object', properties: { name: { type: 'string' } } } } },
})
const scope = sharedScope()
let runtime: Runtime<typeof host>
before(async () => {
  runtime = await startTestRuntime(scope, { host })
})

const ORIGIN = 'http://127.0.0.1:3000'
const ask = async (id: string, path = '', init: RequestInit = {}) =>
  await createApp(runtime).request(`${ORIGIN}/plugins/${id}/api/${path}`, init)
const text = async (id: string, path = '') => await (await ask(id, path)).text()
const saying = (words: string) => backendOf(`return new Response('${words}')`)

/** The plugin of Karrot's own guide, with modules in place of those of Django. */
const EXAMPLE = join(import.meta.dirname, '../../../sample-plugins/example-plugin/backend')
const example = (id: string): PluginSource => ({
  id,
  files: Object.fromEntries(
    ['index.js', 'routes.js', 'views.js'].map((file) => [
      `backend/${file}`,
      readFileSync(join(EXAMPLE, file), 'utf8'),
    ]),
  ),
})

bothWays(
  'urls.py: the endpoint of the guide answers below the id of the plugin, right after the upload',
  async (t, way) => {
    const client = await way.open(t, runtime)
    await install(runtime, example('example-plugin'))
    const response = await client.fetch('/plugins/example-plugin/api/example-endpoint/')
    assert.equal(response.headers.get('content-type'), 'application/json')
    assert.equal(await response.text(), '{"yay":"it worked"}')
    assert.equal((await client.fetch('/plugins/example-plugin/api/other/')).status, 404)
    await send(runtime, 'DELETE', '/plugins/example-plugin?data=delete')
  },
)

test('urls.py: a module that is missing is refused with its place, and hides no route', async () => {
  const files = { 'backend/urls.js': "export { view } from './views.js'" }
  const backend = "import { view } from './urls.js'\nexport default { fetch: view }"
  const response = await upload(runtime, pluginZip({ id: 'hiding', backend, files }))
  const { code, problems } = (await response.json()) as ProblemDocument
  assert.deepEqual([code, problems?.[0]?.file, problems?.[0]?.line], ['IMPORT_REFUSED', 'backend/urls.js', 1])
})

test('Backend root: two plugins with the same folders and names of files both answer, each with its own modules', async () => {
  const of = (id: string): PluginSource => ({
    id,
    backend: "import { name } from './lib/name.js'\nexport default { fetch: () => new Response(name) }",
    files: { 'backend/lib/name.js': `export const name = '${id}'` },
  })
  for (const id of ['left', 'right']) await install(runtime, of(id))
  assert.deepEqual([await text('left'), await text('right')], ['left', 'right'])
  for (const id of ['left', 'right']) await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
})

test('Root marker: the entry is backend/index, or what the manifest names, and an empty one is said to do nothing', async () => {
  const named = { backend: { entry: 'server/apps.ts' } }
  await install(runtime, {
    id: 'marked',
    files: { 'server/apps.ts': 'export default { fetch: (): Response => new Response("typed") }' },
    manifest: named,
  })
  assert.equal(await text('marked'), 'typed')
  const empty = await install(runtime, { id: 'empty', backend: '' })
  assert.equal(empty.state, 'failed')
  assert.match(empty.problem?.message ?? '', /exports no/)
  const absent = await upload(runtime, pluginZip({ id: 'absent', manifest: named }))
  assert.equal(((await absent.json()) as ProblemDocument).code, 'ENTRY_MISSING')
  for (const id of ['marked', 'empty']) await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
})

test('Backend-only / frontend-only / both: each is a plugin, and a package with neither is warned of', async () => {
  const page = { 'frontend/index.html': '<p>page' }
  const both = await install(runtime, { id: 'both', backend: saying('api'), files: page })
  const backend = await install(runtime, { id: 'only-backend', backend: saying('api') })
  const frontend = await install(runtime, { id: 'only-frontend', files: page })
  const has = ({ urls }: typeof both) => [urls.api !== null, urls.page !== null]
  assert.deepEqual(
    [has(both), has(backend), has(frontend)],
    [
      [true, true],
      [true, false],
      [false, true],
    ],
  )
  const none = (await (await upload(runtime, pluginZip({ id: 'none' }))).json()) as UploadAnswer
  assert.deepEqual(
    none.warnings.map(({ code }) => code),
    ['ENTRY_MISSING'],
  )
  assert.match(none.warnings[0]?.message ?? '', /does nothing.*neither a backend nor a frontend/)
  for (const id of ['both', 'only-backend', 'only-frontend', 'none'])
    await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
})

const MODELS: PluginSource = {
  id: 'models',
  backend: `export default {
    async fetch(request, env) {
      const { results } = await env.db.prepare('SELECT name FROM member ORDER BY name').all()
      return Response.json(results.map(({ name }) => name))
    },
    events: { 'group.joined': ({ data }, env) => env.db.prepare('INSERT INTO member (name) VALUES (?)').bind(data.name).run() },
    tasks: {
      async greet(task, env) { await env.db.prepare('INSERT INTO member (name) VALUES (?)').bind('task ' + task.args.who).run() },
      async nightly(task) { return task.scheduledFor },
    },
  }`,
  files: { 'backend/migrations/0001-members.sql': 'CREATE TABLE member (name TEXT NOT NULL)' },
  manifest: {
    permissions: { database: true, tasks: true, events: ['group.*'] },
    contributes: {
      tasks: [
        { id: 'greet', onDemand: true },
        { id: 'nightly', cron: '*/15 * * * *' },
      ],
    },
  },
}
const members = async () => (await (await ask('models')).json()) as readonly string[]

test('Django goodies: tables come with migrations, signals of the application arrive, and an update migrates what is there', async () => {
  await install(runtime, MODELS)
  await runtime.events.emit('group.joined', { name: 'yara' })
  await until('the signal has arrived', async () => (await members()).includes('yara'))
  const second = 'ALTER TABLE member ADD COLUMN since TEXT'
  const files = { ...MODELS.files, 'backend/migrations/0002-since.sql': second }
  await install(runtime, { ...MODELS, version: '1.1.0', files })
  assert.deepEqual(await members(), ['yara'])
  await send(runtime, 'DELETE', '/plugins/models?data=delete')
})

test('Tasks: one is queued by hand and runs once, a periodic one has its next time, and neither is lost at a restart of the plugin', async () => {
  await install(runtime, MODELS)
  const list = async () =>
    ((await (await api(runtime, '/tasks?plugin=models')).json()) as { items: readonly TaskView[] }).items
  const queued = await send(runtime, 'POST', '/tasks', {
    plugin: 'models',
    name: 'greet',
    args: { who: 'ada' },
  })
  assert.equal(queued.status, 201)
  await until('it has run', async () => (await members()).includes('task ada'))
  await send(runtime, 'POST', '/plugins/models/reload')
  assert.deepEqual(await members(), ['task ada'], 'it has run once')
  const nightly = (await list()).find(({ name }) => name === 'nightly')
  assert.equal(nightly?.state, 'waiting')
  assert.equal(new Date(nightly.runAt).getUTCMinutes() % 15, 0)
  await send(runtime, 'POST', '/plugins/models/disable')
  assert.equal((await list()).find(({ name }) => name === 'nightly')?.state, 'waiting', 'its time is kept')
  await send(runtime, 'DELETE', '/plugins/models?data=delete')
  assert.deepEqual(await list(), [])
})
