// Class: allow lists towards plugins (K). On an origin that a plugin shares with an application, with its neighbours or with a proxy,
// browsers and proxies add credentials to every request; a plugin gets none of them that it was not granted by name.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { createRuntime, type Runtime } from '../../runtime/runtime.ts'
import { serve } from '../../runtime/serve.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  bothWays,
  install,
  logLines,
  send,
  startTestRuntime,
  temporaryFolder,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { socketBackend, visit } from '../support/sockets.ts'
import { record } from './helpers/record.ts'
import { AMBIENT, BACKEND, HARMLESS, seen } from './helpers/shared-origin.ts'

const SOCKET = 'server.accept(); server.send(JSON.stringify([...request.headers]))'

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, { id: 'evil', backend: BACKEND })
  await install(runtime, { id: 'socket', backend: socketBackend(SOCKET) })
  const permissions = { credentials: ['authorization', 'x-api-key'] }
  await install(runtime, { id: 'asking', backend: BACKEND, manifest: { permissions } })
})

bothWays(
  'K1 nothing that a browser or a proxy adds for other applications reaches a plugin',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const { text, headers } = await seen(client, 'evil', { ...AMBIENT, ...HARMLESS })
    assert.doesNotMatch(text, /SECRET/)
    for (const [name, value] of Object.entries(HARMLESS)) assert.equal(headers.get(name), value, name)
    const lines = (await logLines(runtime, 'evil')).filter(({ message }) =>
      message.includes('"authorization"'),
    )
    assert.equal(lines.length, 1, 'the author learns of it, once')
    record({
      id: `K1-${way.name}`,
      area: 'http',
      title: `${Object.keys(AMBIENT).length} headers that identify a visitor to another application`,
      culprit: 'sees none of them',
    })
  },
)

bothWays('K1 the address of an application’s page does not reach a plugin, its own does', async (t, way) => {
  const client = await way.open(t, runtime)
  const theirs = await seen(client, 'evil', { referer: `${client.origin}/account?key=SECRET` })
  assert.equal(theirs.headers.get('referer'), `${client.origin}/`)
  const neighbours = await seen(client, 'evil', { referer: `${client.origin}/plugins/evil2/SECRET` })
  assert.equal(neighbours.headers.get('referer'), `${client.origin}/`)
  const own = await seen(client, 'evil', { referer: `${client.origin}/plugins/evil/page?x=1` })
  assert.equal(own.headers.get('referer'), `${client.origin}/plugins/evil/page?x=1`)
  const odd = await seen(client, 'evil', { referer: 'not an address SECRET' })
  assert.equal(odd.headers.get('referer'), undefined)
})

bothWays('K2 what was asked for and granted reaches the plugin, until it is taken back', async (t, way) => {
  const client = await way.open(t, runtime)
  const credentials = { authorization: 'Bearer of-the-plugin', 'x-api-key': 'k', 'x-id-token': 'SECRET' }
  await send(runtime, 'PUT', '/plugins/asking/grants', { credentials: ['authorization', 'x-api-key'] })
  const granted = await seen(client, 'asking', credentials)
  assert.equal(granted.headers.get('authorization'), 'Bearer of-the-plugin')
  assert.equal(granted.headers.get('x-api-key'), 'k')
  assert.doesNotMatch(granted.text, /SECRET/)
  for (const authorization of [`Bearer ${ADMIN_TOKEN}`, `Basic eDp5, Bearer ${ADMIN_TOKEN}`]) {
    const ours = await seen(client, 'asking', { authorization })
    assert.equal(ours.headers.get('authorization'), undefined, 'our own tokens never do')
  }
  await send(runtime, 'PUT', '/plugins/asking/grants', { credentials: ['x-api-key'] })
  const narrowed = await seen(client, 'asking', credentials)
  assert.equal(narrowed.headers.get('authorization'), undefined)
  assert.equal(narrowed.headers.get('x-api-key'), 'k')
  const wider = await send(runtime, 'PUT', '/plugins/asking/grants', { credentials: ['x-id-token'] })
  assert.equal(wider.status, 422)
})

test('K7 a WebSocket is a request like any other', async (t) => {
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const url = `ws://127.0.0.1:${listening.port}/plugins/socket/api/`
  const { cookie2: _, ...ambient } = AMBIENT
  const cookie = `${AMBIENT.cookie}; plugbay.socket.mine=1`
  const { next } = await visit(t, url, { headers: { ...ambient, cookie } })
  const text = String(await next())
  assert.doesNotMatch(text, /SECRET/)
  assert.equal(new Map(JSON.parse(text) as [string, string][]).get('cookie'), 'mine=1')
})

test('K8 an application’s session reaches no plugin below its base path, and its users are known all the same', async (t) => {
  const embedded = await createRuntime({
    environment: {},
    config: { data: await temporaryFolder(t), port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN },
    authenticate: async (request) =>
      request.headers.get('cookie')?.includes('connect.sid=SECRET') === true
        ? { name: 'Ada', permissions: [], kind: 'application' }
        : null,
  })
  t.after(() => embedded.close())
  const backend = backendOf(`
    if (url.pathname === '/set') return new Response('', { headers: { 'set-cookie': 'a=1' } })
    return Response.json({ user: ctx.user?.name ?? null, headers: [...request.headers] })
  `)
  await install(embedded, { id: 'evil', backend, manifest: { access: 'user' } })
  const app = createApp(embedded, { basePath: '/tools' })
  const cookie = 'connect.sid=SECRET; plugbay.evil.a=1'
  const ask = (path: string) =>
    app.request(`http://127.0.0.1:3000/tools/plugins/evil/api${path}`, { headers: { cookie } })
  const text = await (await ask('/')).text()
  assert.doesNotMatch(text, /SECRET/)
  assert.match(text, /"user":"Ada"/)
  assert.match(text, /"cookie","a=1"/)
  const set = await ask('/set')
  assert.deepEqual(set.headers.getSetCookie(), ['plugbay.evil.a=1; Path=/tools/plugins/evil/'])
})
