// Odd paths and names: which plugin a request means, and what is refused.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import {
  backendOf,
  bothWays,
  codeOf,
  install,
  rawRequest,
  startTestRuntime,
  WAYS,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const BACKEND = backendOf(
  `return Response.json({ plugin: PLUGIN, url: request.url, prefix: request.headers.get('x-forwarded-prefix') })`,
)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  for (const id of ['one', 'two'])
    await install(runtime, {
      id,
      backend: BACKEND.replace('PLUGIN', `'${id}'`),
      files: { 'frontend/index.html': `<!doctype html><title>${id}</title>`, 'frontend/a.txt': id },
    })
})

interface Seen {
  readonly plugin: string
  readonly url: string
  readonly prefix: string
}

bothWays('the path after the mount is the plugin’s, an empty one is "/"', async (t, way) => {
  const client = await way.open(t, runtime)
  const cases: [string, string][] = [
    ['/plugins/one/api', '/'],
    ['/plugins/one/api/', '/'],
    ['/plugins/one/api?x=1', '/?x=1'],
    ['/plugins/one/api/a/b?x=1&y=%20', '/a/b?x=1&y=%20'],
    ['/plugins/one/api/api/api', '/api/api'],
    ['/plugins/one/api/%2F/x%2fy', '/%2F/x%2fy'],
    ['/plugins/one/api//double//slash', '//double//slash'],
    ['/plugins/one/api/é', '/%C3%A9'],
    ['/plugins/one/api/a|b', '/a|b'],
  ]
  for (const [path, want] of cases) {
    const response = await client.fetch(path)
    assert.equal(response.status, 200, path)
    const { url, plugin } = (await response.json()) as Seen
    assert.equal(url, client.origin + want, path)
    assert.equal(plugin, 'one')
  }
})

bothWays('what is no plugin is not found', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const path of [
    '/plugins/none/api/x',
    '/plugins//api/x',
    '/plugins/ONE/api/x',
    '/plugins/one%2fapi/x',
    '/plugins/o%6ee/api/x',
    '/plugins/one/apiary',
    '/plugins/__proto__/api/x',
    '/plugins/constructor/api/',
    '/plugins',
    '/plugins/',
    '//plugins/one/api/x',
    '/nothing',
  ]) {
    const response = await client.fetch(path)
    assert.equal(response.status, 404, path)
    const text = await response.text()
    assert.doesNotMatch(text, /node_modules|at \w|\.ts/, path)
  }
})

test('paths that walk up never reach another plugin through the server', async (t) => {
  const [server] = WAYS
  assert.ok(server)
  const { origin } = await server.open(t, runtime)
  const paths = [
    '/plugins/one/api/../../two/api/x',
    '/plugins/one/api/%2e%2e/%2e%2e/two/api/x',
    '/plugins/one/api/.%2E/..%2f..%2ftwo/api/x',
    '/plugins/one/api/..\\..\\two\\api\\x',
    '/plugins/one/api/%2e/x',
    '/plugins/one/api/x/..',
    '/plugins/one/../two/api/x',
    '/plugins/one/%2e%2e/two/a.txt',
    '/plugins/one/../two/a.txt',
    '/plugins/one/..%2ftwo/a.txt',
    '/plugins/../plugins/two/api/x',
  ]
  for (const path of paths) {
    const { status, text } = await rawRequest(origin, path)
    assert.ok(status === 400 || status === 404, `${path}: ${status} ${text}`)
    assert.doesNotMatch(text, /"two"|^two$/, path)
  }
})

bothWays('on its own origin "/" is the frontend and "/api" the backend', async (t, way) => {
  const client = await way.open(t, runtime)
  const host = `one.localhost:${new URL(client.origin).port}`
  const ask = async (path: string) => {
    if (way.name === 'server') {
      const { status, text, headers } = await rawRequest(client.origin, path, { headers: { host } })
      return { status, text, csp: String(headers['content-security-policy']) }
    }
    const response = await client.fetch(path, { headers: { host } })
    return {
      status: response.status,
      text: await response.text(),
      csp: String(response.headers.get('content-security-policy')),
    }
  }
  const backend = await ask('/api/x?y=1')
  const told = { plugin: 'one', url: `http://${host}/x?y=1`, prefix: '/plugins/one/api' }
  assert.deepEqual(JSON.parse(backend.text), told)
  // At the path that is in the header.
  assert.deepEqual(JSON.parse((await ask('/plugins/one/api/x?y=1')).text), told)
  const page = await ask('/')
  assert.equal(page.status, 200)
  assert.match(page.text, /<title>one/)
  assert.notEqual(page.csp, 'null')
  assert.equal((await ask('/api/v1/plugins')).status, 200, 'the admin API is not there: the plugin answers')
  assert.match((await ask('/api/v1/plugins')).text, /"plugin":"one"/)
})

bothWays('a name that is not ours gets 421, for our own paths and the plugins’', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const host of [
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'one.evil.example',
  ])
    for (const path of [
      '/plugins/one/api/x',
      '/plugins/one/',
      '/plugins/one/a.txt',
      '/api/v1/plugins',
      '/admin/',
      '/',
    ]) {
      const { status, text } =
        way.name === 'server'
          ? await rawRequest(client.origin, path, { headers: { host } })
          : await client.fetch(path, { headers: { host } }).then(async (response) => ({
              status: response.status,
              text: await response.text(),
            }))
      assert.equal(status, 421, `${host}${path}: ${text.slice(0, 200)}`)
      assert.doesNotMatch(text, /"plugin"|<title>one/)
    }
})

bothWays('probes are answered under any name', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const path of ['/healthz', '/readyz']) {
    const status =
      way.name === 'server'
        ? (await rawRequest(client.origin, path, { headers: { host: '10.0.0.7:3000' } })).status
        : (await client.fetch(path, { headers: { host: '10.0.0.7:3000' } })).status
    assert.equal(status, 200, path)
  }
})

bothWays('problem bodies are found and bare', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch('/plugins/none/api/x')
  assert.equal(await codeOf(response), 'NOT_FOUND')
  assert.match(String(response.headers.get('content-security-policy')), /sandbox/)
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
})
