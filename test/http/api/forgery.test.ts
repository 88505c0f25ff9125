import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, afterEach, test } from 'node:test'
import { openApi, problemOf } from '../../support/api-server.ts'
import { backendOf, pluginZip, startTestRuntime } from '../../support/runtime.ts'

const runtime = await startTestRuntime({ after })
const EVIL = pluginZip({ id: 'evil', backend: backendOf("return new Response('evil')") })

afterEach(async () => {
  for (const { id } of await runtime.plugins.list())
    await runtime.plugins.uninstall(id, { data: 'delete', actor: 'test' })
})

/** Where the audit log ends: it grows with every change. */
async function lastChange(): Promise<number | undefined> {
  return (await runtime.store.audit.list({ limit: 1 })).items[0]?.seq
}

function form(): FormData {
  const body = new FormData()
  body.set('package', new Blob([EVIL], { type: 'application/zip' }), 'evil.zip')
  return body
}

/** A request whose Host and Origin fetch() would not let us choose. */
function raw(
  url: string,
  options: { method?: string; headers: Record<string, string | string[]>; body?: string },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      url,
      { method: options.method ?? 'GET', headers: options.headers, agent: false },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    sent.on('error', reject)
    sent.end(options.body)
  })
}

test('an upload that another page makes with the cookie installs nothing', async (t) => {
  const api = await openApi(t, runtime)
  const cookie = await api.session()
  const before = await lastChange()
  const cases: [Record<string, string>, number][] = [
    [{ cookie }, 403],
    [{ cookie, origin: 'null' }, 403],
    [{ cookie, origin: 'http://localhost:81' }, 403],
    [{ cookie, origin: 'http://evil.localhost' }, 403],
    [{ cookie, origin: 'https://evil.test' }, 421],
    [{ cookie, origin: 'http://localhost', 'sec-fetch-site': 'cross-site' }, 403],
    [{ cookie, origin: 'http://localhost', 'sec-fetch-site': 'same-site' }, 403],
  ]
  for (const [headers, status] of cases) {
    assert.equal(
      (await api.request('/plugins', { method: 'POST', body: form(), headers })).status,
      status,
      JSON.stringify(headers),
    )
  }
  assert.equal(await lastChange(), before)
  const own = { cookie, origin: 'http://localhost', 'sec-fetch-site': 'same-origin' }
  assert.equal((await api.request('/plugins', { method: 'POST', body: form(), headers: own })).status, 201)
})

test('every route that changes something refuses a cookie without our Origin', async (t) => {
  const api = await openApi(t, runtime)
  const cookie = await api.session()
  const document = await (await api.request('/openapi.json')).json()
  const before = await lastChange()
  let tried = 0
  for (const [path, operations] of Object.entries<object>(document.paths)) {
    for (const method of Object.keys(operations)) {
      if (method === 'get') continue
      const address = `${path.replace(/\{\w+\}/g, 'hello')}`
      const response = await api.request(address, { method: method.toUpperCase(), headers: { cookie } })
      assert.equal(response.status, 403, `${method} ${path}`)
      tried += 1
    }
  }
  assert.ok(tried >= 15)
  assert.equal(await lastChange(), before)
})

test('a method override has no effect, and GET changes nothing', async (t) => {
  const api = await openApi(t, runtime)
  await api.request('/plugins', { method: 'POST', token: api.admin, body: form() })
  const before = await lastChange()
  for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
    await api.request('/plugins/evil', { token: api.admin, headers: { [name]: 'DELETE' } })
    await api.request('/plugins/evil/settings', { token: api.admin, headers: { [name]: 'PATCH' } })
  }
  for (const action of ['enable', 'disable', 'reload', 'rollback', 'retry']) {
    const response = await api.request(`/plugins/evil/${action}`, { token: api.admin })
    assert.equal(response.status, 405)
    assert.equal(response.headers.get('allow'), 'POST, OPTIONS')
  }
  assert.equal(await lastChange(), before)
})

test('what HTML forms can send is never taken for JSON', async (t) => {
  const api = await openApi(t, runtime)
  for (const type of [
    'text/plain',
    'text/plain;application/json',
    'application/x-www-form-urlencoded',
    'application/json;x=text/plain',
    'application/jsonp',
    '',
  ]) {
    const response = await api.request('/users', {
      method: 'POST',
      token: api.admin,
      headers: { 'content-type': type },
      body: '{"name":"eve","permissions":[]}',
    })
    assert.equal(response.status, 415, type)
  }
  assert.deepEqual((await runtime.store.principals.users({})).items, [])
})

test('a bearer token needs no Origin: a page cannot add it without being allowed to', async (t) => {
  const api = await openApi(t, runtime)
  const response = await api.request('/plugins', { method: 'POST', token: api.admin, body: form() })
  assert.equal(response.status, 201)
  const preflight = await api.request('/plugins', {
    method: 'OPTIONS',
    headers: { origin: 'http://localhost:81', 'access-control-request-method': 'POST' },
  })
  assert.equal(preflight.headers.get('access-control-allow-origin'), null)
  assert.equal(preflight.headers.get('allow'), 'GET, HEAD, POST, OPTIONS')
})

test('an application that vouches for a browser is held to the Origin too', async (t) => {
  const api = await openApi(t, runtime, {
    application: async () => ({ name: 'bob', permissions: ['*'], kind: 'application' }),
  })
  const upload = (headers: Record<string, string>) =>
    api.request('/plugins', { method: 'POST', body: form(), headers })
  for (const sent of [
    { cookie: 'theirs=1' },
    { origin: 'null' },
    { 'sec-fetch-site': 'none' },
    { referer: 'http://localhost/' },
    { authorization: 'Basic Ym9iOmJvYg==' },
  ])
    assert.equal((await upload(sent)).status, 403, JSON.stringify(sent))
  assert.equal((await upload({ origin: 'http://localhost' })).status, 201)
  assert.equal((await api.changes('evil')).at(-1), 'plugin.install by bob')
})

test('a program that an application vouches for needs no Origin: it sends nothing that a browser adds by itself', async (t) => {
  const api = await openApi(t, runtime, {
    application: async (request) =>
      request.headers.get('x-secret') === 'bobs'
        ? { name: 'bob', permissions: ['*'], kind: 'application' }
        : null,
  })
  const upload = (headers: Record<string, string>) =>
    api.request('/plugins', { method: 'POST', body: form(), headers })
  assert.equal((await upload({})).status, 401)
  assert.ok([200, 201].includes((await upload({ 'x-secret': 'bobs' })).status))
  assert.equal((await upload({ 'x-secret': 'bobs', origin: 'http://evil.localhost' })).status, 403)
})

test('a foreign Host is refused on the socket, whatever else the request brings', async (t) => {
  const api = await openApi(t, runtime)
  const url = await api.listen()
  const authorization = `Bearer ${api.admin}`
  for (const host of [
    'evil.test',
    `evil.test:${new URL(url).port}`,
    'localhost.evil.test',
    '0.0.0.0',
    'localhost@evil.test',
  ]) {
    const status = await raw(`${url}/api/v1/plugins`, { headers: { host, authorization } })
    assert.ok(status === 421 || status === 400, `${host}: ${status}`)
  }
  assert.equal(await raw(`${url}/api/v1/plugins`, { headers: { host: 'evil.test', authorization } }), 421)
  assert.equal(await raw(`${url}/api/v1/plugins`, { headers: { host: 'localhost', authorization } }), 200)
  assert.equal(
    await raw(`${url}/api/v1/plugins`, {
      headers: { host: 'localhost', authorization, 'x-forwarded-host': 'evil.test' },
    }),
    200,
  )
})

test('behind a trusted proxy the forwarded name counts', async (t) => {
  const api = await openApi(t, runtime, { publicUrl: 'https://media.example.org', trustProxy: true })
  const ask = (name: string) =>
    api.request('/plugins', {
      token: api.admin,
      headers: { host: 'localhost', 'x-forwarded-host': name },
    })
  assert.equal((await ask('media.example.org')).status, 200)
  assert.equal((await ask('evil.test')).status, 421)
  assert.equal((await ask('media.example.org, evil.test')).status, 421)
})

test('of two Authorization headers no second one rescues the first, and a token in the address is none', async (t) => {
  const api = await openApi(t, runtime)
  const url = await api.listen()
  const headers = { host: 'localhost', authorization: ['Bearer pbt_wrong', `Bearer ${api.admin}`] }
  assert.equal(await raw(`${url}/api/v1/plugins`, { headers }), 401)
  for (const query of ['token', 'access_token', 'code', 'authorization']) {
    const response = await api.request(`/plugins?${query}=${api.admin}`)
    assert.equal(response.status, 401, query)
    assert.doesNotMatch(await response.text(), new RegExp(api.admin))
  }
})

test('a very long Authorization header ends at the listener', async (t) => {
  const api = await openApi(t, runtime)
  const url = await api.listen()
  const headers = { host: 'localhost', authorization: `Bearer ${'x'.repeat(20_000)}` }
  assert.equal(await raw(`${url}/api/v1/plugins`, { headers }), 431)
})

test('strangers learn nothing but the code', async (t) => {
  const api = await openApi(t, runtime)
  const body = await problemOf(await api.request('/plugins/hello'))
  assert.deepEqual([body.code, body.detail, 'problems' in body], ['UNAUTHENTICATED', 'Sign in first', false])
})
