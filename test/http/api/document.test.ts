import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_CODES } from '../../../runtime/errors.ts'
import { startApi } from '../../support/api-server.ts'

interface Operation {
  readonly operationId: string
  readonly security: readonly object[]
  readonly 'x-permission': string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly responses: Readonly<Record<string, object>>
}

test('every route is in the document, and every operation of the document is a route', async (t) => {
  const api = await startApi(t)
  const document = await (await api.request('/api/v1/openapi.json')).json()
  const documented = Object.entries<object>(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} /api/v1${path}`),
  )
  const registered = api.app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
  assert.deepEqual(documented.toSorted(), [...new Set(registered)].toSorted())
  assert.equal(registered.length, documented.length)
})

test('the document has the routes of the contract', async (t) => {
  const api = await startApi(t)
  const { paths, openapi } = await (await api.request('/api/v1/openapi.json')).json()
  assert.match(openapi, /^3\.1\./)
  const contract: Record<string, string[]> = {
    '/session': ['delete', 'get', 'post'],
    '/plugins': ['get', 'post'],
    '/packages/inspect': ['post'],
    '/plugins/{id}': ['delete', 'get'],
    '/plugins/{id}/enable': ['post'],
    '/plugins/{id}/disable': ['post'],
    '/plugins/{id}/reload': ['post'],
    '/plugins/{id}/rollback': ['post'],
    '/plugins/{id}/retry': ['post'],
    '/plugins/{id}/evidence': ['get'],
    '/plugins/{id}/grants': ['put'],
    '/plugins/{id}/access': ['put'],
    '/plugins/{id}/settings': ['get', 'patch'],
    '/plugins/{id}/data': ['get', 'put'],
    '/plugins/{id}/logs': ['get'],
    '/devices': ['get'],
    '/audit': ['get'],
    '/events': ['get'],
    '/users': ['get', 'post'],
    '/users/{id}': ['delete'],
    '/tokens': ['get', 'post'],
    '/tokens/{id}': ['delete'],
    '/openapi.json': ['get'],
  }
  const found = Object.fromEntries(
    Object.entries<object>(paths).map(([path, operations]) => [path, Object.keys(operations).toSorted()]),
  )
  assert.deepEqual(found, contract)
})

test('each operation is complete: a name of its own, its parameters, a permission that is asked', async (t) => {
  const api = await startApi(t)
  const document = await (await api.request('/api/v1/openapi.json')).json()
  const names = new Set<string>()
  const stranger = { headers: { 'content-type': 'application/json' } }
  const nobody = await api.token()
  for (const [path, operations] of Object.entries<Record<string, Operation>>(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const label = `${method} ${path}`
      assert.equal(names.has(operation.operationId), false, label)
      names.add(operation.operationId)
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const declared = operation.parameters
        .filter((each) => each.in === 'path' && each.required)
        .map(({ name }) => name)
      assert.deepEqual(declared, inPath, label)
      assert.ok('default' in operation.responses, label)
      const permission = operation['x-permission']
      if (permission === 'anyone') {
        assert.deepEqual(operation.security, [], label)
        continue
      }
      const address = `/api/v1${path.replace(/\{\w+\}/g, 'hello')}`
      const init = { ...stranger, method: method.toUpperCase() }
      assert.equal((await api.request(address, init)).status, 401, label)
      if (permission === 'signed-in') continue
      assert.match(permission, /^[a-z]+\.(view|manage)$/, label)
      assert.equal((await api.request(address, { ...init, token: nobody })).status, 403, label)
      const others = await api.token(
        ...['plugins', 'devices', 'audit', 'users', 'events', 'tasks']
          .filter((area) => !permission.startsWith(area))
          .map((area) => `${area}.*`),
      )
      assert.equal((await api.request(address, { ...init, token: others })).status, 403, label)
    }
  }
})

test('references of the document lead somewhere, and nothing in it is left over', async (t) => {
  const api = await startApi(t)
  const document = await (await api.request('/api/v1/openapi.json')).json()
  const used = new Set(
    [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
  )
  assert.deepEqual([...used].toSorted(), Object.keys(document.components.schemas).toSorted())
  const text = JSON.stringify(document)
  for (const [, code] of text.matchAll(/"description":"([A-Z_]+): /g))
    assert.ok(code !== undefined && code in ERROR_CODES)
})

test('the document names where the API is mounted', async (t) => {
  const api = await startApi(t)
  const { servers, info } = await (await api.request('/api/v1/openapi.json')).json()
  assert.deepEqual(servers, [{ url: '/api/v1' }])
  assert.equal(info.version, '0.0.0-test')
})

test('every answer is marked as data that no page may use and no cache may keep', async (t) => {
  const api = await startApi(t)
  const answers = [
    await api.request('/api/v1/plugins', { token: api.admin }),
    await api.request('/api/v1/plugins'),
    await api.request('/api/v1/nothing'),
    await api.request('/api/v1/plugins', { method: 'PUT' }),
    await api.request('/api/v1/plugins', { method: 'OPTIONS' }),
    await api.request('/api/v1/openapi.json'),
    await api.request('/api/v1/plugins', { headers: { host: 'evil.test' } }),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 401, 404, 405, 204, 200, 421],
  )
  for (const { headers } of answers) {
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/)
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
  }
})

test('known paths name their methods, unknown ones are not found, HEAD answers as GET without a body', async (t) => {
  const api = await startApi(t)
  const wrong = await api.request('/api/v1/plugins/hello/settings', { method: 'POST', token: api.admin })
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'GET, HEAD, PATCH, OPTIONS'])
  for (const path of ['', '/', '/plugin', '/plugins/', '/plugins/hello/', '/plugins/hello/x', '/tasks']) {
    assert.equal((await api.request(`/api/v1${path}`, { token: api.admin })).status, 404, path)
  }
  const head = await api.request('/api/v1/plugins', { method: 'HEAD', token: api.admin })
  assert.equal(head.status, 200)
  assert.equal(await head.text(), '')
})
