// The list of extension points, and what an upload, an inspection and the list of plugins say of them.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { defineHost } from '../../../runtime/index.ts'
import type { ExtensionPoints } from '../../../sdk/api/extension-points.ts'
import type { InspectAnswer, UploadAnswer } from '../../../sdk/api/packages.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import { api, install, pluginZip, send, startTestRuntime, upload } from '../../support/runtime.ts'

const host = defineHost({
  id: 'library',
  version: '2.3.0',
  languages: { available: ['en', 'ar'], default: 'en' },
  permissions: { 'events.view': 'See events' },
  menus: { 'events.reporting': { title: 'Reporting' } },
  hooks: { 'content.title': { title: 'Titles', value: { type: 'string', maxLength: 200 }, deadlineMs: 500 } },
  events: { 'sync.finished': { data: { type: 'object' } } },
  calls: { 'catalog.search': { args: { type: 'string' }, result: { type: 'array' }, run: () => [] } },
})
const runtime = await startTestRuntime({ after }, { host })

async function list(): Promise<ExtensionPoints> {
  const response = await api(runtime, '/extension-points')
  assert.equal(response.status, 200)
  return (await response.json()) as ExtensionPoints
}

async function pointOf(kind: string, name: string) {
  const found = (await list()).items.find((item) => item.kind === kind && item.name === name)
  assert.ok(found, `${kind} ${name}`)
  return found
}

const hooking = (id: string, hook: string, more: object = {}) => ({
  id,
  backend: `export default { hooks: { ${JSON.stringify(hook)}: (value) => value } }`,
  manifest: { contributes: { hooks: [{ hook, ...more }] } },
})

test('the list has the host and its points with their schemas, those of the runtime, and no functions', async () => {
  const { host: facts, items } = await list()
  assert.deepEqual(facts, {
    id: 'library',
    version: '2.3.0',
    languages: host.languages,
    permissions: host.permissions,
  })
  assert.deepEqual(
    items.filter(({ source }) => source === 'host').map(({ kind, name }) => `${kind} ${name}`),
    ['menus events.reporting', 'hooks content.title', 'events sync.finished', 'calls catalog.search'],
  )
  assert.deepEqual(await pointOf('hooks', 'content.title'), {
    kind: 'hooks',
    name: 'content.title',
    source: 'host',
    owner: 'library',
    isServed: true,
    point: host.hooks['content.title'],
    contributors: [],
    order: [],
    problems: [],
  })
  const call = await pointOf('calls', 'catalog.search')
  assert.deepEqual(Object.keys(call.point), ['args', 'result'])
  assert.equal((await pointOf('events', 'device.connected')).owner, 'plugbay')
})

test('contributors are in order, and gone with their plugin', async () => {
  const names = async () => (await pointOf('hooks', 'content.title')).contributors.map(({ plugin }) => plugin)
  await install(runtime, hooking('zebra', 'content.title', { priority: 10 }))
  await install(runtime, hooking('bee', 'content.title'))
  await install(runtime, hooking('ant', 'content.title', { priority: 60 }))
  assert.deepEqual(await names(), ['zebra', 'bee', 'ant'])
  await send(runtime, 'POST', '/plugins/bee/disable')
  assert.deepEqual(await names(), ['zebra', 'ant'])
  for (const id of ['zebra', 'bee', 'ant']) await send(runtime, 'DELETE', `/plugins/${id}`)
  assert.deepEqual(await names(), [])
})

test('a point that the host does not have is a warning of the upload, of the inspection and in the list', async () => {
  const source = hooking('typo', 'content.titel')
  const answer = (await install(runtime, source)) as UploadAnswer
  assert.equal(answer.state, 'running')
  const [warning] = answer.warnings
  assert.deepEqual([warning?.code, warning?.hint], ['POINT_UNKNOWN', 'Did you mean "content.title"?'])

  const inspected = await api(runtime, '/packages/inspect', {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: pluginZip(source),
  })
  const { ok, warnings } = (await inspected.json()) as InspectAnswer
  assert.equal(ok, true)
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['POINT_UNKNOWN'],
  )

  const { items } = (await (await api(runtime, '/plugins')).json()) as { items: readonly Installation[] }
  assert.deepEqual(items.find(({ id }) => id === 'typo')?.warnings, [warning])
})

test('a point of another kind is refused, with its place in the manifest', async () => {
  const response = await upload(runtime, pluginZip(hooking('wrong', 'events.reporting')))
  assert.equal(response.status, 422)
  const { code, problems } = (await response.json()) as ProblemDocument
  assert.equal(code, 'POINT_MISMATCH')
  assert.equal(problems?.[0]?.pointer, '/contributes/hooks/0/hook')
  assert.equal((await api(runtime, '/plugins/wrong')).status, 404)
})

test('an id that belongs to names of the host is refused', async () => {
  const response = await upload(runtime, pluginZip({ id: 'content', files: { 'frontend/index.html': '' } }))
  assert.equal(response.status, 409)
  assert.equal(((await response.json()) as ProblemDocument).code, 'POINT_NAME_TAKEN')
})

test('a plugin says which hosts it is made for', async () => {
  const made = (id: string, hosts: object) =>
    upload(
      runtime,
      pluginZip({ id, files: { 'frontend/index.html': '' }, manifest: { engines: { host: hosts } } }),
    )
  const fits = (await (await made('fits', { library: '^2' })).json()) as UploadAnswer
  assert.deepEqual(fits.warnings, [])
  const other = (await (await made('other', { museum: '^1' })).json()) as UploadAnswer
  assert.deepEqual(
    other.warnings.map(({ pointer }) => pointer),
    ['/engines/host'],
  )
  const old = await made('old', { library: '^1' })
  assert.equal(old.status, 422)
  assert.equal(((await old.json()) as ProblemDocument).code, 'ENGINE_MISMATCH')
  const wrong = await made('wrong-range', { library: 'two' })
  assert.equal(((await wrong.json()) as ProblemDocument).code, 'MANIFEST_INVALID')
})
