import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { ERROR_CODES } from '../../../runtime/errors.ts'
import { apiRoutes } from '../../../runtime/http/api/routes.ts'
import { listOf } from '../../../sdk/api/lists.ts'
import { ProblemDocument } from '../../../sdk/api/problems.ts'
import { type TSchema, Type, toPlainJson } from '../../../sdk/schema.ts'
import { contract } from '../../support/api-contract.ts'
import { openApi } from '../../support/api-server.ts'
import { startTestRuntime } from '../../support/runtime.ts'

const runtime = await startTestRuntime({ after })

interface Operation {
  readonly operationId: string
  readonly security: readonly object[]
  readonly 'x-permission': string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly responses: Readonly<Record<string, object>>
}

test('every route is in the document, and every operation of the document is a route', async (t) => {
  const api = await openApi(t, runtime)
  const document = await (await api.request('/openapi.json')).json()
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
  const api = await openApi(t, runtime)
  const { paths, openapi } = await (await api.request('/openapi.json')).json()
  assert.match(openapi, /^3\.1\./)
  const contract: Record<string, string[]> = {
    '/session': ['delete', 'get', 'post'],
    '/session/link': ['post'],
    '/backup': ['get', 'put'],
    '/server': ['get'],
    '/plugins': ['get', 'post'],
    '/packages/inspect': ['post'],
    '/samples': ['get'],
    '/samples/{id}/inspect': ['post'],
    '/samples/{id}/install': ['post'],
    '/plugins/{id}': ['delete', 'get'],
    '/plugins/{id}/releases/{version}': ['get'],
    '/plugins/{id}/releases/{version}/icon': ['get'],
    '/plugins/{id}/permission-uses': ['get'],
    '/plugins/{id}/recording': ['get'],
    '/plugins/{id}/recording/permissions': ['get'],
    '/plugins/{id}/usage': ['get'],
    '/plugins/{id}/storage/keys': ['get'],
    '/plugins/{id}/storage/value': ['delete', 'get', 'put'],
    '/plugins/{id}/storage/tables': ['get'],
    '/plugins/{id}/storage/rows': ['get'],
    '/plugins/{id}/storage/files': ['get'],
    '/plugins/{id}/storage/file': ['delete', 'get'],
    '/plugins/enable': ['post'],
    '/plugins/disable': ['post'],
    '/plugins/apply': ['post'],
    '/plugins/{id}/enable': ['post'],
    '/plugins/{id}/disable': ['post'],
    '/plugins/{id}/reload': ['post'],
    '/plugins/{id}/rollback': ['post'],
    '/plugins/{id}/retry': ['post'],
    '/plugins/{id}/evidence': ['get'],
    '/plugins/{id}/replace': ['post'],
    '/plugins/{id}/grants': ['put'],
    '/plugins/{id}/access': ['put'],
    '/settings/problems': ['get'],
    '/host/settings': ['get', 'patch'],
    '/plugins/{id}/settings': ['get', 'patch'],
    '/init': ['get', 'post'],
    '/values': ['get', 'patch'],
    '/values/{name}': ['get'],
    '/patches': ['get'],
    '/patches/{name}': ['get'],
    '/rendered-files': ['get', 'post'],
    '/secrets/rotate': ['post'],
    '/plugins/{id}/data': ['get', 'put'],
    '/plugins/{id}/logs': ['get'],
    '/devices': ['get'],
    '/plugins/{id}/devices': ['get', 'put'],
    '/audit': ['get'],
    '/menus/{menu}': ['get'],
    '/menus/{menu}/items': ['get'],
    '/menus/{menu}/titles': ['put'],
    '/pages': ['get'],
    '/pages/{plugin}': ['get'],
    '/pages/{plugin}/token': ['post'],
    '/extension-points': ['get'],
    '/extension-points/{kind}/{name}/order': ['put'],
    '/actions': ['get'],
    '/actions/{plugin}/{action}/check': ['post'],
    '/actions/{plugin}/{action}/run': ['post'],
    '/contexts/{context}/objects': ['get'],
    '/images': ['get'],
    '/images/build': ['post'],
    '/images/push': ['post'],
    '/images/pull': ['post'],
    '/tasks': ['get', 'post'],
    '/tasks/clean': ['post'],
    '/tasks/sweep': ['post'],
    '/tasks/{id}': ['get', 'patch'],
    '/tasks/{id}/log': ['get'],
    '/tasks/{id}/cancel': ['post'],
    '/tasks/{id}/promote': ['post'],
    '/tasks/{id}/run': ['post'],
    '/tasks/{id}/retry': ['post'],
    '/volumes': ['get'],
    '/volumes/{id}/mount': ['post'],
    '/volumes/{id}/unmount': ['post'],
    '/volumes/{id}/eject': ['post'],
    '/slots/{slot}': ['get'],
    '/bundles': ['get'],
    '/bundles/{plugin}/failures': ['post'],
    '/events': ['get'],
    '/deliveries': ['get'],
    '/deliveries/retry': ['post'],
    '/deliveries/discard': ['post'],
    '/users': ['get', 'post'],
    '/users/{id}': ['delete', 'patch'],
    '/users/{id}/password-link': ['post'],
    '/users/{id}/sessions': ['delete'],
    '/tokens': ['get', 'post'],
    '/tokens/{id}': ['delete'],
    '/openapi.json': ['get'],
  }
  const found = Object.fromEntries(
    Object.entries<object>(paths).map(([path, operations]) => [path, Object.keys(operations).toSorted()]),
  )
  assert.deepEqual(found, contract)
})

test('the document says of every route what the contract says: parameters, bodies, answers and events', async (t) => {
  const api = await openApi(t, runtime)
  const document = await (await api.request('/openapi.json')).json()
  const whole = (schema: unknown) => withoutReferences(schema, document.components.schemas)
  const json = (schema: object | undefined) => (schema === undefined ? undefined : toPlainJson(schema))
  for (const route of apiRoutes('0.0.0-test')) {
    const label = `${route.method} ${route.path}`
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    const operation = document.paths[path]?.[route.method.toLowerCase()]
    assert.ok(operation, label)
    for (const [place, shape] of [
      ['path', route.params],
      ['query', route.query],
    ] as const) {
      const documented = operation.parameters.filter((each: { in: string }) => each.in === place)
      const schemas = documented.map((each: { name: string; schema: object }) => [
        each.name,
        whole(each.schema),
      ])
      assert.deepEqual(Object.fromEntries(schemas), json(shape.properties), label)
    }
    const body = operation.requestBody?.content['application/json']?.schema
    assert.deepEqual(whole(body), json(route.body), label)
    for (const [status, spec] of Object.entries(route.responses)) {
      const content = operation.responses[status]?.content ?? {}
      assert.deepEqual(whole(content['application/json']?.schema), json(spec.schema), `${label} ${status}`)
      const events = content['text/event-stream']?.['x-events']
      assert.deepEqual(whole(events), json(spec.events), `${label} ${status}`)
      assert.equal(spec.media === undefined || spec.media in content, true, `${label} ${status}`)
    }
    const failure = operation.responses.default.content['application/problem+json'].schema
    assert.deepEqual(whole(failure), json(ProblemDocument), label)
  }
})

test('each operation is complete: a name of its own, its parameters, a permission that is asked', async (t) => {
  const api = await openApi(t, runtime)
  const document = await (await api.request('/openapi.json')).json()
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
      if (permission === 'visitor') {
        assert.deepEqual(operation.security[0], {}, label)
        continue
      }
      const address = `${path.replace(/\{\w+\}/g, 'hello')}`
      const init = { ...stranger, method: method.toUpperCase() }
      assert.equal((await api.request(address, init)).status, 401, label)
      if (permission === 'signed-in') continue
      // "*": what decides about everything.
      assert.match(permission, /^(\*|[a-z]+\.(view|manage))$/, label)
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
  const api = await openApi(t, runtime)
  const document = await (await api.request('/openapi.json')).json()
  const used = new Set(
    [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
  )
  assert.deepEqual([...used].toSorted(), Object.keys(document.components.schemas).toSorted())
  const text = JSON.stringify(document)
  for (const [, code] of text.matchAll(/"description":"([A-Z_]+): /g))
    assert.ok(code !== undefined && code in ERROR_CODES)
})

test('the document names where the API is mounted', async (t) => {
  const api = await openApi(t, runtime)
  const { servers, info } = await (await api.request('/openapi.json')).json()
  assert.deepEqual(servers, [{ url: '/api/v1' }])
  assert.equal(info.version, '0.0.0-test')
})

test('every answer is marked as data that no page may use and no cache may keep', async (t) => {
  const api = await openApi(t, runtime)
  const answers = [
    await api.request('/plugins', { token: api.admin }),
    await api.request('/plugins'),
    await api.request('/nothing'),
    await api.request('/plugins', { method: 'PUT' }),
    await api.request('/plugins', { method: 'OPTIONS' }),
    await api.request('/openapi.json'),
    await api.request('/plugins', { headers: { host: 'evil.test' } }),
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
  const api = await openApi(t, runtime)
  const wrong = await api.request('/plugins/hello/settings', { method: 'POST', token: api.admin })
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'GET, HEAD, PATCH, OPTIONS'])
  for (const path of ['', '/', '/plugin', '/plugins/', '/plugins/hello/', '/plugins/hello/x', '/task']) {
    assert.equal((await api.request(path, { token: api.admin })).status, 404, path)
  }
  const head = await api.request('/plugins', { method: 'HEAD', token: api.admin })
  assert.equal(head.status, 200)
  assert.equal(await head.text(), '')
})

test('what the document names is what sdk/api exports under that name', async (t) => {
  const api = await openApi(t, runtime)
  const { components } = await (await api.request('/openapi.json')).json()
  const shapes = await exportedShapes()
  const names = Object.keys(components.schemas)
  assert.ok(names.length > 10)
  for (const name of names) {
    const shape = shapes.get(name)
    assert.ok(shape, `sdk/api has no "${name}"`)
    assert.deepEqual(
      withoutReferences(components.schemas[name], components.schemas),
      toPlainJson(shape),
      name,
    )
  }
})

test('the schemas of what routes take are valid, and have no keyword that means nothing', () => {
  // The server compiles each when it is asked for, and does not check it.
  const ajv = new Ajv2020({ strict: true, coerceTypes: true })
  addFormats.default(ajv)
  for (const { params, query, body } of apiRoutes('0.0.0'))
    for (const schema of [params, query, body]) if (schema !== undefined) ajv.compile(schema)
})

test('a route takes and answers shapes of sdk/api only', async () => {
  const shapes = [...(await exportedShapes()).values()]
  const known = new Set<TSchema>(shapes)
  const lists = new Set(shapes.map((shape) => JSON.stringify(listOf(shape))))
  for (const { method, path, params, query, body, responses } of apiRoutes('0.0.0')) {
    const answers = Object.values(responses).flatMap(({ schema, events = {} }) => [
      schema,
      ...Object.values(events),
    ])
    for (const shape of [params, query, body, ...answers])
      assert.ok(
        shape === undefined || known.has(shape) || lists.has(JSON.stringify(shape)),
        `${method} ${path} has a shape of its own: ${JSON.stringify(shape)}`,
      )
  }
})

test('an answer that is not as documented does not pass the check of these tests', async (t) => {
  const api = await openApi(t, runtime)
  const asked = { method: 'GET', path: '/session' }
  const good = await (await api.send('GET', '/session')).json()
  const answer = (body: unknown, { status = 200, type = 'application/json' } = {}) =>
    contract.answer(asked, new Response(JSON.stringify(body), { status, headers: { 'content-type': type } }))
  await answer(good)
  const bad: [Promise<Response>, RegExp][] = [
    [answer({ ...good, more: 1 }), /must NOT have additional properties/],
    [answer({ name: 'admin' }), /must have required property 'permissions'/],
    [answer({ ...good, name: null }), /must be string/],
    [answer(good, { status: 201 }), /is not documented/],
    [answer(good, { type: 'text/html' }), /not as "text\/html"/],
    [answer(good, { status: 404 }), /an error of another kind/],
    [answer({ code: 'X' }, { status: 404, type: 'application/problem+json' }), /must have required/],
  ]
  for (const [promise, message] of bad) await assert.rejects(promise, message)
  const events = { method: 'GET', path: '/events' }
  contract.event(events, { event: 'plugin.removed', data: { id: 'hello' } })
  assert.throws(() => contract.event(events, { event: 'plugin.removed', data: {} }), /required/)
  assert.throws(() => contract.event(events, { event: 'plugin.moved', data: {} }), /not documented/)
})

/** The shapes that the files of sdk/api export, by name. */
async function exportedShapes(): Promise<ReadonlyMap<string, TSchema>> {
  const folder = new URL('../../../sdk/api/', import.meta.url)
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts'))
  const modules = await Promise.all(files.map((name) => import(new URL(name, folder).href)))
  const found = new Map<string, TSchema>()
  const add = (name: string, value: unknown) => {
    if (!Type.IsSchema(value)) return
    assert.ok(found.get(name) === undefined || found.get(name) === value, `sdk/api has two shapes "${name}"`)
    found.set(name, value)
  }
  for (const module of modules) {
    for (const [name, value] of Object.entries<object>(module)) {
      add(name, value)
      // Tables of events.
      if (name.endsWith('_EVENTS')) for (const [event, data] of Object.entries(value)) add(event, data)
    }
  }
  return found
}

/** A schema of the document with the named ones written out. */
function withoutReferences(schema: unknown, named: Readonly<Record<string, unknown>>): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map((each) => withoutReferences(each, named))
  if ('$ref' in schema) {
    const name = String(schema.$ref).replace('#/components/schemas/', '')
    return withoutReferences(named[name], named)
  }
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, withoutReferences(value, named)]),
  )
}
