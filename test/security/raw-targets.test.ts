// Class: one parser for one thing (T). A path that a proxy in front, the server's short path and the app could read in two ways is
// refused once, before all of them: otherwise what guards a prefix guards nothing.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { createApp, createUpgradeHandler } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { backendOf, install, startTestRuntime } from '../support/runtime.ts'
import { type Scope, sharedScope } from '../support/scope.ts'
import { socketBackend } from '../support/sockets.ts'
import { record } from './helpers/record.ts'
import { askAll, exchange, head, listenFor, statusOf } from './helpers/wire.ts'

/** In place of "..": what routers, proxies and file servers have taken for it. */
const UPWARDS = [
  '/../',
  '/..\\',
  '\\..\\',
  '/%2e%2e/',
  '/%2E%2e/',
  '/.%2e/',
  '/%2e./',
  '/..%2f',
  '/..%2F',
  '/..%5c',
  '/%2e%2e%2f',
  '/%2e%2e%5C',
  '%2f..%2f',
  '%5c..%5c',
  '/..;/',
  '/..;x=1/',
  '/..%3b/',
  '/%2e%2e;/',
] as const
const ODD = [
  ...UPWARDS,
  ...UPWARDS.map((each) => each.replace(/\.\.|%2e%2e|\.%2e|%2e\./i, '.')),
  '\\',
  '#/',
  '/x#?',
] as const

/** Written as they are sent; `gated` and the admin API are what a proxy in front would guard. */
const TARGETS = ODD.flatMap((up) => [
  `/plugins/open${up}gated/api/`,
  `/plugins/open/api${up}x`,
  `/plugins/open/api/x${up}`,
  `/plugins/open/.plugbay${up}token`,
  `/plugins/open${up}..${up}api/v1/plugins`,
  `/x${up}plugins/gated/api/`,
  `/x${up}api/v1/plugins`,
  `/healthz${up}api/v1/plugins`,
])

const ENDS = ['/..', '/.', '/%2e%2e', '/%2E', '%2f..', '\\..'].map((end) => `/plugins/open/api/x${end}`)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, { config: { trustProxy: true } })
  await install(runtime, { id: 'open', backend: backendOf(`return new Response('reached ' + request.url)`) })
  await install(runtime, { id: 'gated', backend: backendOf(`return new Response('reached')`) })
  await install(runtime, { id: 'socket', backend: socketBackend('server.accept()') })
})

async function embedded(t: Scope): Promise<number> {
  const host = new Hono().route('/', createApp(runtime, { basePath: '/tools' }))
  host.all('*', (c) => c.text('the application', 418))
  const server = createServer(getRequestListener(host.fetch))
  const upgrade = createUpgradeHandler(runtime, { basePath: '/tools' })
  server.on('upgrade', (request, socket, first) => {
    if (!upgrade(request, socket, first)) socket.end('HTTP/1.1 418 Not ours\r\nConnection: close\r\n\r\n')
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', () => ready()))
  t.after(() => new Promise<void>((closed) => server.close(() => closed())))
  return (server.address() as AddressInfo).port
}

test('T1 a path that could mean two things is 400, on the short path and through the app', async (t) => {
  const port = await listenFor(t, runtime)
  const host = `127.0.0.1:${port}`
  for (const headers of [{ Host: host }, { Host: host, 'X-Forwarded-Proto': 'http' }])
    for (const { target, status, body } of await askAll(t, port, [...TARGETS, ...ENDS], headers))
      assert.equal(status, 400, `${target}: ${body.slice(0, 200)}`)
  const absolute = head(`GET http://${host}/plugins/open/../gated/api/`, { Host: host, Connection: 'close' })
  assert.equal(statusOf(await exchange(t, port, absolute)), 400)
  const own = { Host: `open.localhost:${port}` }
  for (const { target, status } of await askAll(t, port, ['/api/../x', '/%2e%2e/api/', '/a/..%2fapi/'], own))
    assert.equal(status, 400, target)
  record({
    id: 'T1',
    area: 'http',
    title: `${TARGETS.length} paths with dot segments, by both ways`,
    culprit: '400',
  })
})

test('T2 below a base path, a Node server’s targets are refused as they were sent', async (t) => {
  const port = await embedded(t)
  const targets = ODD.map((up) => `/tools/plugins/open${up}gated/api/`)
  // A "/" that only an odd spelling makes may lead out of the base path: then it is the application's.
  for (const { target, status } of await askAll(t, port, targets, { Host: `127.0.0.1:${port}` }))
    assert.ok(status === 400 || status === 418, `${target}: ${status}`)
  const [into] = await askAll(t, port, ['/x/../tools/plugins/gated/api/'], { Host: `127.0.0.1:${port}` })
  assert.equal(into?.status, 400)
})

test('T3 WebSocket handshakes keep the same rule', async (t) => {
  const shake = (target: string, port: number) =>
    head(`GET ${target}`, {
      Host: `127.0.0.1:${port}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': 13,
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    })
  const alone = await listenFor(t, runtime)
  const below = await embedded(t)
  for (const path of [
    '/plugins/open/../socket/api/',
    '/plugins/socket/api/%2e%2e/',
    '/plugins/socket/api/..;/',
  ]) {
    const refused = await exchange(
      t,
      alone,
      shake(path, alone).replace('Connection: Upgrade', 'Connection: Upgrade, close'),
    )
    assert.equal(statusOf(refused), 400, path)
    assert.equal(statusOf(await exchange(t, below, shake(`/tools${path}`, below))), 400, path)
  }
})

test('T4 a path of the runtime has one spelling', async (t) => {
  const port = await listenFor(t, runtime)
  const Host = `127.0.0.1:${port}`
  const misspelt = [
    '/%61pi/v1/plugins',
    '/api/v1/%70lugins',
    '/%61dmin/',
    '/metr%69cs',
    '/api/v1/openapi%2ejson',
  ]
  for (const headers of [{ Host }, { Host, 'X-Forwarded-Proto': 'http' }])
    for (const { target, status } of await askAll(t, port, misspelt, headers))
      assert.equal(status, 400, target)
  const below = await embedded(t)
  const behind = ['/tools/%61pi/v1/plugins', '/%74ools/api/v1/plugins', '/%74ools/plugins/open/api/']
  for (const { target, status } of await askAll(t, below, behind, { Host: `127.0.0.1:${below}` }))
    assert.equal(status, 400, target)
})

test('T5 what only looks odd reaches the plugin as it was sent', async (t) => {
  const port = await listenFor(t, runtime)
  const targets = [
    '/...',
    '/..a',
    '/a..',
    '/.a/',
    '/a%2fb',
    '/a%5cb',
    '/a.b/c;d=..',
    '/%252e%252e/',
    '/?x=/../#'.slice(0, -1),
  ]
  const paths = targets.map((target) => `/plugins/open/api${target}`)
  for (const { target, status, body } of await askAll(t, port, paths, { Host: `127.0.0.1:${port}` })) {
    assert.equal(status, 200, target)
    assert.ok(body.includes(target.slice('/plugins/open/api'.length)), `${target}: ${body}`)
  }
})
