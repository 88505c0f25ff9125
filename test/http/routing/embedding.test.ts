// The runtime inside applications of every kind: it works below its base path, or says at once why it does not.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Hono } from 'hono'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { backendOf, install, startTestRuntime } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, {
    id: 'inside',
    backend: backendOf(`return new Response('answers ' + url.pathname)`),
    files: { 'frontend/index.html': '<!doctype html><title>page</title>' },
  })
})

const basePath = '/tools'
const HOSTS: Readonly<Record<string, () => Hono>> = {
  'new Hono()': () => new Hono().route('/', createApp(runtime, { basePath })),
  'new Hono({ strict: false })': () =>
    new Hono({ strict: false }).route('/', createApp(runtime, { basePath })),
  'route() below another route': () =>
    new Hono().get('/own', (c) => c.text('own')).route('/', createApp(runtime, { basePath })),
  'app.mount() that leaves the request': () =>
    new Hono().mount('/tools', createApp(runtime, { basePath }).fetch, {
      replaceRequest: (request) => request,
    }),
  'a slash at the end': () => new Hono().route('/', createApp(runtime, { basePath: '/tools/' })),
}

for (const [name, make] of Object.entries(HOSTS))
  test(`in ${name} the admin page, the API and plugins answer below the base path`, async () => {
    const app = make()
    const follow = async (path: string, hops = 3): Promise<readonly [number, string]> => {
      const response = await app.request(`http://127.0.0.1:3000${path}`)
      const location = response.headers.get('location')
      if (location === null || hops === 0) return [response.status, path]
      return await follow(new URL(location, `http://127.0.0.1:3000${path}`).pathname, hops - 1)
    }
    for (const path of ['/tools', '/tools/', '/tools/admin', '/tools/admin/']) {
      const [status, end] = await follow(path)
      assert.ok(status === 200 || status === 503, `${path}: ${status}`)
      assert.equal(end, '/tools/admin/', path)
    }
    assert.equal((await app.request('http://127.0.0.1:3000/tools/healthz')).status, 200)
    assert.equal((await app.request('http://127.0.0.1:3000/tools/api/v1/openapi.json')).status, 200)
    assert.deepEqual(await follow('/tools/plugins/inside'), [200, '/tools/plugins/inside/'])
    const backend = await app.request('http://127.0.0.1:3000/tools/plugins/inside/api/a/')
    assert.equal(await backend.text(), 'answers /a/')
  })

test('a base path that is none is refused when the app is made', () => {
  for (const wrong of [
    'tools',
    '/tööls',
    '/a b',
    '/a//b',
    '//a',
    '/a/../b',
    '/a/.',
    '/a?b',
    '/a#b',
    '/:id',
    '/a/*',
    'https://example.org/a',
  ])
    assert.throws(() => createApp(runtime, { basePath: wrong }), /"basePath" is not/, wrong)
  for (const right of ['', '/', '/a', '/a/', '/a/b-c_d.e~f']) createApp(runtime, { basePath: right })
})

test('an application that adds a base path of its own gets an error that says what to write', async () => {
  const app = new Hono().basePath('/tools').route('/', createApp(runtime))
  app.onError((error, c) => c.text(error.message, 500))
  const response = await app.request('http://127.0.0.1:3000/tools/admin/')
  assert.match(await response.text(), /"\/tools".*createApp\(runtime, \{ basePath: "\/tools" \}\)/)
})

test('an application that takes the base path away finds nothing, and the log says why', async () => {
  const app = new Hono().mount('/tools', createApp(runtime, { basePath }).fetch)
  assert.equal((await app.request('http://127.0.0.1:3000/tools/admin/')).status, 404)
})
