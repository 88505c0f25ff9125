import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pino } from 'pino'
import { openStore } from '../../../plugin-store/open-store.ts'
import { type ApiServer, openApi, problemOf } from '../../support/api-server.ts'
import {
  backendOf,
  type PluginSource,
  pluginZip,
  startTestRuntime,
  temporaryFolder,
} from '../../support/runtime.ts'

const runtime = await startTestRuntime({ after })

/** A plugin of its own for each test. */
function source(id: string, manifest: PluginSource['manifest'] = {}): PluginSource {
  return { id, backend: backendOf("return new Response('fine')"), manifest }
}

async function install(api: ApiServer, plugin: PluginSource): Promise<void> {
  const { status } = await api.upload(pluginZip(plugin))
  assert.ok(status === 200 || status === 201, String(status))
}

test('each command reaches the plugin in the name of its principal', async (t) => {
  const api = await openApi(t, runtime)
  const permissions = { kv: true, volumes: 'readwrite', usb: [{ vendorId: 1 }] }
  const plugin = source('commanded', { permissions, access: 'user' })
  await install(api, plugin)
  await install(api, { ...plugin, version: '1.1.0' })
  const sent: [string, string, unknown?][] = [
    ['POST', '/disable'],
    ['POST', '/enable'],
    ['POST', '/reload'],
    ['POST', '/retry'],
    ['POST', '/rollback'],
    ['POST', '/rollback', { version: '1.1.0' }],
    ['PUT', '/grants', { volumes: 'read' }],
    ['PUT', '/access', ['a.b']],
    ['PUT', '/access', null],
    ['GET', ''],
  ]
  for (const [method, path, body] of sent)
    assert.equal((await api.send(method, `/plugins/commanded${path}`, body)).status, 200, `${method} ${path}`)
  const { version, grants, access } = await (await api.send('GET', '/plugins/commanded')).json()
  assert.deepEqual(
    { version, grants, access },
    { version: '1.1.0', grants: { volumes: 'read' }, access: 'user' },
  )
  assert.equal((await api.send('DELETE', '/plugins/commanded?data=delete')).status, 204)
  assert.deepEqual(await api.changes('commanded'), [
    'plugin.install by admin',
    'plugin.update by admin',
    'plugin.disable by admin',
    'plugin.enable by admin',
    'plugin.reload by admin',
    'plugin.retry by admin',
    'plugin.rollback by admin',
    'plugin.rollback by admin',
    'grants.set by admin',
    'access.set by admin',
    'access.set by admin',
    'plugin.uninstall by admin',
  ])
})

test('what a plugin has used lately is told in points', async (t) => {
  const api = await openApi(t, runtime)
  await install(api, source('measured'))
  await install(api, source('at-rest'))
  for (let n = 0; n < 3; n++) await (await api.visit('/plugins/measured/api/')).text()
  for (const period of ['', '?period=hour', '?period=day']) {
    const points = async (id: string) =>
      (await (await api.send('GET', `/plugins/${id}/usage${period}`)).json()).items
    const sum = (items: { requests: number }[]) => items.reduce((all, { requests }) => all + requests, 0)
    const measured = await points('measured')
    assert.equal(sum(measured), 3)
    assert.ok(measured.some(({ memoryMb }: { memoryMb: number }) => memoryMb > 0))
    assert.equal(sum(await points('at-rest')), 0)
  }
  assert.equal((await api.send('GET', '/plugins/measured/usage?period=year')).status, 400)
  assert.equal((await api.send('GET', '/plugins/nobody/usage')).status, 404)
})

test('data is kept unless its deletion is asked for', async (t) => {
  const api = await openApi(t, runtime)
  const backend = backendOf(
    "if (request.method === 'PUT') await env.kv.put('a', 'b'); return new Response(await env.kv.get('a'))",
  )
  const plugin = { ...source('keeper', { permissions: { kv: true } }), backend }
  const stored = async () => (await api.visit('/plugins/keeper/api/')).text()
  await install(api, plugin)
  await api.visit('/plugins/keeper/api/', { method: 'PUT' })
  assert.equal((await api.send('DELETE', '/plugins/keeper?data=everything')).status, 400)
  assert.equal((await api.send('DELETE', '/plugins/keeper')).status, 204)
  await install(api, plugin)
  assert.equal(await stored(), 'b')
  assert.equal((await api.send('DELETE', '/plugins/keeper?data=delete')).status, 204)
  await install(api, plugin)
  assert.equal(await stored(), '')
})

test('grants and access wider than asked are refused', async (t) => {
  const api = await openApi(t, runtime)
  await install(api, source('narrow', { permissions: { kv: true, volumes: 'read' }, access: 'user' }))
  for (const grants of [{ database: true }, { volumes: 'readwrite' }, { network: ['https://evil.test'] }]) {
    const response = await api.send('PUT', '/plugins/narrow/grants', grants)
    assert.equal(response.status, 422)
    assert.equal((await problemOf(response)).code, 'GRANT_TOO_WIDE')
  }
  assert.equal((await api.send('PUT', '/plugins/narrow/access', 'public')).status, 422)
})

test('a body that is not what the route takes is refused with the places of all mistakes', async (t) => {
  const api = await openApi(t, runtime)
  await install(api, source('strict'))
  const response = await api.send('PUT', '/plugins/strict/grants', {
    kv: false,
    usb: [{ vendorId: 'x' }],
    unknown: 1,
  })
  assert.equal(response.status, 400)
  const { code, problems } = await problemOf(response)
  assert.equal(code, 'BAD_REQUEST')
  const pointers = problems.map((problem: { pointer: string }) => problem.pointer).toSorted()
  assert.deepEqual(pointers, ['', '/kv', '/usb/0/vendorId'])
  const bad: [string, string, unknown][] = [
    ['PUT', '/plugins/strict/grants', []],
    ['PUT', '/plugins/strict/grants', undefined],
    ['PUT', '/plugins/strict/access', 'everyone'],
    ['PUT', '/plugins/strict/access', ['not a permission']],
    ['PUT', '/plugins/strict/access', { public: true }],
    ['POST', '/plugins/strict/rollback', { version: 1 }],
    ['POST', '/plugins/strict/enable', { force: true }],
  ]
  for (const [method, path, body] of bad)
    assert.equal((await api.send(method, path, body)).status, 400, JSON.stringify([path, body]))
  assert.deepEqual(await api.changes('strict'), ['plugin.install by admin'])
})

test('an empty object is as good as no body', async (t) => {
  const api = await openApi(t, runtime)
  await install(api, source('empty-body'))
  await install(api, { ...source('empty-body'), version: '1.1.0' })
  assert.equal((await api.send('POST', '/plugins/empty-body/enable', {})).status, 200)
  assert.equal((await api.send('POST', '/plugins/empty-body/rollback', {})).status, 200)
})

test('odd bodies never get further than the reader', async (t) => {
  const api = await openApi(t, runtime)
  await install(api, source('odd-body'))
  const bodies: [BodyInit, number][] = [
    ['{', 400],
    ['{"kv":true}x', 400],
    ['['.repeat(200_000), 400],
    [new Uint8Array([0x22, 0xff, 0xfe, 0x22]), 400],
    ['{"__proto__":{"kv":true}}', 400],
    [`"${'x'.repeat(1_000_001)}"`, 413],
    [new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }), 413],
  ]
  const put = (body: BodyInit, encoding?: string) =>
    api.request('/plugins/odd-body/grants', {
      method: 'PUT',
      token: api.admin,
      headers: {
        'content-type': 'application/json',
        ...(encoding !== undefined && { 'content-encoding': encoding }),
      },
      body,
      duplex: 'half',
    })
  for (const [body, status] of bodies)
    assert.equal((await put(body)).status, status, String(body).slice(0, 30))
  assert.equal((await put('{}', 'gzip')).status, 415)
})

test('ids that cannot exist are not found, whatever they look like', async (t) => {
  const api = await openApi(t, runtime)
  assert.equal((await problemOf(await api.send('GET', '/plugins/unknown'))).code, 'PLUGIN_UNKNOWN')
  const odd = [
    '__proto__',
    'constructor',
    'toString',
    'A',
    '..',
    '%2e%2e',
    'a%2fb',
    'a%0d%0ab',
    '%00',
    'x'.repeat(5000),
    'caf%C3%A9',
    '%zz',
  ]
  for (const id of odd) assert.equal((await api.send('GET', `/plugins/${id}`)).status, 404, id)
})

test('a query with unknown, doubled or malformed keys is refused', async (t) => {
  const api = await openApi(t, runtime)
  for (const query of [
    'limit=0',
    'limit=201',
    'limit=1.5',
    'limit=abc',
    'limit=',
    'limit=1&limit=2',
    'x=1',
    '__proto__=1',
    'cursor=nonsense',
  ]) {
    assert.equal((await api.send('GET', `/plugins?${query}`)).status, 400, query)
  }
  for (const query of ['enable=maybe', 'grant=some', 'downgrade=1'])
    assert.equal((await api.upload(pluginZip(source('refused')), `?${query}`)).status, 400, query)
  assert.deepEqual(await api.changes('refused'), [])
})

test('pages of plugins cover all of them once, in order', async (t) => {
  const api = await openApi(t, runtime)
  for (const id of ['delta', 'alpha', 'bravo']) await install(api, source(id))
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: { items: { id: string }[]; nextCursor: string | null } = await (
      await api.send('GET', `/plugins?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
    ).json()
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  }
  const all = (await runtime.plugins.list()).map(({ id }) => id)
  assert.deepEqual(seen, all.toSorted())
  assert.ok(['alpha', 'bravo', 'delta'].every((id) => seen.includes(id)))
})

test('settings are read and changed, and a refusal names the setting', async (t) => {
  const api = await openApi(t, runtime)
  const schema = { type: 'string', default: 'Hello' }
  await install(api, source('greeter', { settings: { type: 'object', properties: { greeting: schema } } }))
  const path = '/plugins/greeter/settings'
  const variable = 'PLUGBAY_SETTING_GREETER_GREETING'
  const before = await (await api.send('GET', path)).json()
  assert.deepEqual(before, { greeting: { value: 'Hello', source: 'default', variable, schema } })
  const changed = await (await api.send('PATCH', path, { greeting: 'Hi' })).json()
  assert.deepEqual(changed, { greeting: { value: 'Hi', source: 'stored', variable, schema } })
  const refused = await api.send('PATCH', path, { colour: 1 })
  assert.equal(refused.status, 422)
  assert.match((await problemOf(refused)).problems[0].message, /"colour"/)
  assert.equal((await api.send('PATCH', path, { 'not a key': 1 })).status, 400)
})

test('permission to view does not allow changes, and permission to manage allows viewing', async (t) => {
  const api = await openApi(t, runtime)
  await install(api, source('viewed'))
  const viewer = await api.token('plugins.view')
  const manager = await api.token('plugins.manage')
  const disable = { method: 'POST', token: viewer }
  assert.equal((await api.request('/plugins', { token: viewer })).status, 200)
  const refused = await api.request('/plugins/viewed/disable', disable)
  assert.equal(refused.status, 403)
  assert.match((await problemOf(refused)).detail, /"plugins\.manage"/)
  assert.equal((await api.request('/plugins/viewed', { token: manager })).status, 200)
  assert.equal((await api.request('/plugins/viewed/disable', { ...disable, token: manager })).status, 200)
})

test('an unexpected error is logged with the id that the answer carries, and shows nothing', async (t) => {
  const entries: unknown[] = []
  const log = pino({}, { write: (line: string) => void entries.push(JSON.parse(line)) })
  const { audit, close } = await openStore(await temporaryFolder(t))
  await close()
  const api = await openApi(t, runtime, { log, store: { audit } })
  const response = await api.send('GET', '/audit')
  assert.equal(response.status, 500)
  const body = await response.text()
  const [entry] = entries
  const { requestId, err } = entry as { requestId: string; err: { message: string } }
  assert.equal(requestId, JSON.parse(body).requestId)
  assert.ok(err.message.length > 0)
  assert.ok(!body.includes(err.message))
  assert.doesNotMatch(JSON.stringify(entries), new RegExp(api.admin))
})
