import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDocument } from '../../support/api-document.ts'
import { type ApiServer, problemOf, startApi, zipOf } from '../../support/api-server.ts'

function upload(api: ApiServer, id: string, permissions: object = {}): Promise<Response> {
  const headers = { 'content-type': 'application/zip' }
  return api.request('/api/v1/plugins', {
    method: 'POST',
    token: api.admin,
    headers,
    body: zipOf({ id, permissions }),
  })
}

function send(api: ApiServer, method: string, path: string, body?: unknown): Promise<Response> {
  const init = { method, token: api.admin }
  if (body === undefined) return api.request(`/api/v1${path}`, init)
  const headers = { 'content-type': 'application/json' }
  return api.request(`/api/v1${path}`, { ...init, headers, body: JSON.stringify(body) })
}

test('each command reaches the plugin in the name of who asked, and answers as documented', async (t) => {
  const api = await startApi(t)
  const documented = await readDocument(api)
  await documented.check(
    await upload(api, 'hello', { kv: true, volumes: 'readwrite', usb: [{ vendorId: 1 }] }),
    'POST /plugins',
  )
  for (const action of ['disable', 'enable', 'reload', 'retry', 'rollback']) {
    await documented.check(
      await send(api, 'POST', `/plugins/hello/${action}`),
      `POST /plugins/{id}/${action}`,
    )
  }
  await documented.check(
    await send(api, 'POST', '/plugins/hello/rollback', { version: '0.9.0' }),
    'POST /plugins/{id}/rollback',
  )
  await documented.check(
    await send(api, 'PUT', '/plugins/hello/grants', { volumes: 'read' }),
    'PUT /plugins/{id}/grants',
  )
  await documented.check(await send(api, 'PUT', '/plugins/hello/access', ['a.b']), 'PUT /plugins/{id}/access')
  await documented.check(await send(api, 'PUT', '/plugins/hello/access', null), 'PUT /plugins/{id}/access')
  await documented.check(await send(api, 'GET', '/plugins/hello'), 'GET /plugins/{id}')
  await documented.check(await send(api, 'GET', '/plugins'), 'GET /plugins')
  await documented.check(await send(api, 'GET', '/devices'), 'GET /devices')
  await documented.check(await send(api, 'DELETE', '/plugins/hello?data=delete'), 'DELETE /plugins/{id}')
  assert.deepEqual(api.plugins.changes, [
    'upload hello 1.0.0 by admin',
    'disable hello by admin',
    'enable hello by admin',
    'reload hello by admin',
    'retry hello by admin',
    'rollback hello to before by admin',
    'rollback hello to 0.9.0 by admin',
    'grants hello by admin',
    'access hello by admin',
    'access hello by admin',
    'uninstall hello (delete) by admin',
  ])
})

test('data is kept unless its deletion is asked for', async (t) => {
  const api = await startApi(t)
  await upload(api, 'hello')
  assert.equal((await send(api, 'DELETE', '/plugins/hello?data=everything')).status, 400)
  assert.equal((await send(api, 'DELETE', '/plugins/hello')).status, 204)
  assert.equal(api.plugins.changes.at(-1), 'uninstall hello (keep) by admin')
})

test('grants and access wider than asked are refused', async (t) => {
  const api = await startApi(t)
  await upload(api, 'hello', { kv: true, volumes: 'read' })
  for (const grants of [{ database: true }, { volumes: 'readwrite' }, { network: ['https://evil.test'] }]) {
    const response = await send(api, 'PUT', '/plugins/hello/grants', grants)
    assert.equal(response.status, 422)
    assert.equal((await problemOf(response)).code, 'GRANT_TOO_WIDE')
  }
  assert.equal((await send(api, 'PUT', '/plugins/hello/access', 'public')).status, 422)
})

test('a body that is not what the route takes is refused with the places of all mistakes', async (t) => {
  const api = await startApi(t)
  await upload(api, 'hello')
  const response = await send(api, 'PUT', '/plugins/hello/grants', {
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
    ['PUT', '/plugins/hello/grants', []],
    ['PUT', '/plugins/hello/grants', undefined],
    ['PUT', '/plugins/hello/access', 'everyone'],
    ['PUT', '/plugins/hello/access', ['not a permission']],
    ['PUT', '/plugins/hello/access', { public: true }],
    ['POST', '/plugins/hello/rollback', { version: 1 }],
    ['POST', '/plugins/hello/enable', { force: true }],
  ]
  for (const [method, path, body] of bad)
    assert.equal((await send(api, method, path, body)).status, 400, JSON.stringify([path, body]))
  assert.equal(api.plugins.changes.length, 1)
})

test('an empty object is as good as no body', async (t) => {
  const api = await startApi(t)
  await upload(api, 'hello')
  assert.equal((await send(api, 'POST', '/plugins/hello/enable', {})).status, 200)
  assert.equal((await send(api, 'POST', '/plugins/hello/rollback', {})).status, 200)
})

test('odd bodies never get further than the reader', async (t) => {
  const api = await startApi(t)
  await upload(api, 'hello')
  const bodies: [BodyInit, number][] = [
    ['{', 400],
    ['{"kv":true}x', 400],
    ['['.repeat(200_000), 400],
    [new Uint8Array([0x22, 0xff, 0xfe, 0x22]), 400],
    ['{"__proto__":{"kv":true}}', 400],
    [`"${'x'.repeat(1_000_001)}"`, 413],
    [new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }), 413],
  ]
  for (const [body, status] of bodies) {
    const init = {
      method: 'PUT',
      token: api.admin,
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    }
    assert.equal(
      (await api.request('/api/v1/plugins/hello/grants', init)).status,
      status,
      String(body).slice(0, 30),
    )
  }
  const encoded = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const response = await api.request('/api/v1/plugins/hello/grants', {
    method: 'PUT',
    token: api.admin,
    headers: encoded,
    body: '{}',
  })
  assert.equal(response.status, 415)
})

test('ids that cannot exist are not found, whatever they look like', async (t) => {
  const api = await startApi(t)
  assert.equal((await problemOf(await send(api, 'GET', '/plugins/unknown'))).code, 'PLUGIN_UNKNOWN')
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
  for (const id of odd) assert.equal((await send(api, 'GET', `/plugins/${id}`)).status, 404, id)
})

test('a query with unknown, doubled or malformed keys is refused', async (t) => {
  const api = await startApi(t)
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
    assert.equal((await send(api, 'GET', `/plugins?${query}`)).status, 400, query)
  }
  for (const query of ['enable=maybe', 'grant=some', 'downgrade=1']) {
    const response = await api.request(`/api/v1/plugins?${query}`, {
      method: 'POST',
      token: api.admin,
      headers: { 'content-type': 'application/zip' },
      body: zipOf({ id: 'hello' }),
    })
    assert.equal(response.status, 400, query)
  }
  assert.deepEqual(api.plugins.changes, [])
})

test('pages of plugins cover all of them once, in order', async (t) => {
  const api = await startApi(t)
  const ids = ['delta', 'alpha', 'echo', 'bravo', 'charlie']
  for (const id of ids) await upload(api, id)
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: { items: { id: string }[]; nextCursor: string | null } = await (
      await send(api, 'GET', `/plugins?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
    ).json()
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  }
  assert.deepEqual(seen, ids.toSorted())
})

test('settings are read and changed, and a refusal names the setting', async (t) => {
  const api = await startApi(t)
  const documented = await readDocument(api)
  await upload(api, 'hello')
  await documented.check(await send(api, 'GET', '/plugins/hello/settings'), 'GET /plugins/{id}/settings')
  const changed = await documented.check(
    await send(api, 'PATCH', '/plugins/hello/settings', { greeting: 'Hi' }),
    'PATCH /plugins/{id}/settings',
  )
  assert.deepEqual(changed, {
    greeting: { value: 'Hi', source: 'stored', schema: { type: 'string', default: 'Hello' } },
  })
  const refused = await send(api, 'PATCH', '/plugins/hello/settings', { colour: 1 })
  assert.equal(refused.status, 422)
  assert.match((await problemOf(refused)).problems[0].message, /"colour"/)
  assert.equal((await send(api, 'PATCH', '/plugins/hello/settings', { 'not a key': 1 })).status, 400)
})

test('who may view may not change, and who may manage may view', async (t) => {
  const api = await startApi(t)
  await upload(api, 'hello')
  const viewer = await api.token('plugins.view')
  const manager = await api.token('plugins.manage')
  assert.equal((await api.request('/api/v1/plugins', { token: viewer })).status, 200)
  const refused = await api.request('/api/v1/plugins/hello/disable', { method: 'POST', token: viewer })
  assert.equal(refused.status, 403)
  assert.match((await problemOf(refused)).detail, /"plugins\.manage"/)
  assert.equal((await api.request('/api/v1/plugins/hello', { token: manager })).status, 200)
  assert.equal(
    (await api.request('/api/v1/plugins/hello/disable', { method: 'POST', token: manager })).status,
    200,
  )
})

test('an unexpected error is logged with the id that the answer carries, and shows nothing', async (t) => {
  const entries: unknown[] = []
  const { pino } = await import('pino')
  const log = pino({}, { write: (line: string) => void entries.push(JSON.parse(line)) })
  const api = await startApi(t, {
    log,
    plugins: { list: () => Promise.reject(new Error('secret of the machine')) },
  })
  const response = await send(api, 'GET', '/plugins')
  assert.equal(response.status, 500)
  const body = await response.text()
  assert.doesNotMatch(body, /secret/)
  const [entry] = entries
  assert.match(JSON.stringify(entry), new RegExp(`${JSON.parse(body).requestId}.*secret of the machine`))
  assert.doesNotMatch(JSON.stringify(entries), new RegExp(api.admin))
})
