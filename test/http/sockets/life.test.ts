// How long a WebSocket lives: as long as its release, its process, its visitor and its server.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { createApp, createUpgradeHandler } from '../../../runtime/app.ts'
import type { Runtime, RuntimeOptions } from '../../../runtime/runtime.ts'
import { serve } from '../../../runtime/serve.ts'
import { startDevPlugin } from '../../dev/dev-plugin.ts'
import { type Client, install, logLines, send, startTestRuntime, until, WAYS } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { ECHO, socketBackend, visit } from '../../support/sockets.ts'

async function start(t: Scope, options: RuntimeOptions = {}): Promise<{ runtime: Runtime; client: Client }> {
  const runtime = await startTestRuntime(t, options)
  const [server] = WAYS
  assert.ok(server)
  return { runtime, client: await server.open(t, runtime) }
}

const NOTING = socketBackend(
  "server.addEventListener('close', ({ code, wasClean }) => console.log('close ' + code + ' ' + wasClean)); server.addEventListener('message', ({ data }) => server.send(VERSION + data)); server.accept()",
  'return new Response(VERSION)',
)
const noting = (version: string) => ({
  id: 'noting',
  version,
  backend: `const VERSION = '${version}:'\n${NOTING}`,
})

test('a new release, disabling and removing close the sockets, and a release that drains is told', async (t) => {
  const { runtime, client } = await start(t)
  const url = `${client.origin}/plugins/noting/api/`
  const heard = async (line: string, times: number) =>
    await until(`${times} times "${line}"`, async () => {
      const lines = await logLines(runtime, 'noting')
      return lines.filter(({ message }) => message === line).length === times
    })
  await install(runtime, noting('1.0.0'))
  const first = [await visit(t, url), await visit(t, url)]
  await install(runtime, noting('1.1.0'))
  for (const { closed } of first) assert.deepEqual(await closed, [1012, ''])
  await heard('close 1012 true', 2)

  const second = await visit(t, url)
  second.socket.send('x')
  assert.equal(await second.next(), '1.1.0:x')
  assert.equal((await send(runtime, 'POST', '/plugins/noting/disable')).status, 200)
  assert.deepEqual(await second.closed, [1001, ''])
  // The backend was notified by lifecycle.disable, and has ended at once.
  await heard('close 1001 true', 0)

  assert.equal((await send(runtime, 'POST', '/plugins/noting/enable')).status, 200)
  const third = await visit(t, url)
  assert.equal((await send(runtime, 'DELETE', '/plugins/noting?data=delete')).status, 204)
  assert.deepEqual(await third.closed, [1001, ''])
  // What was drained is no more.
  await until('the end of the old instances', () =>
    runtime.sandbox.processes.every(({ plugins }) => !plugins.includes('noting')),
  )
})

test('a visitor who does not answer the closing frame delays nothing', async (t) => {
  const { runtime, client } = await start(t)
  await install(runtime, noting('1.0.0'))
  const { port } = new URL(client.origin)
  const deaf = connect(Number(port), '127.0.0.1')
  t.after(async () => deaf.destroy())
  deaf.write(
    'GET /plugins/noting/api/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  const [head] = (await once(deaf, 'data')) as [Buffer]
  assert.match(head.toString(), /^HTTP\/1\.1 101 /)
  const ended = once(deaf, 'close')
  await install(runtime, noting('1.1.0'))
  await ended
  await until('the close', async () =>
    (await logLines(runtime, 'noting')).some(({ message }) => message === 'close 1006 false'),
  )
})

test('a backend that crashes closes its sockets with 1011, and serves the next ones', async (t) => {
  const { runtime, client } = await start(t)
  const crashing = socketBackend(
    "server.accept(); server.addEventListener('message', ({ data }) => { if (data === 'loop') for (;;); server.send(data) })",
  )
  await install(runtime, { id: 'crashing', backend: crashing })
  await install(runtime, { id: 'other', backend: ECHO })
  const url = `${client.origin}/plugins/crashing/api/`
  const neighbour = await visit(t, `${client.origin}/plugins/other/api/`)

  const killed = await visit(t, url)
  const home = runtime.sandbox.processes.find(({ plugins }) => plugins.includes('crashing'))
  assert.ok(home)
  process.kill(home.pid, 'SIGKILL')
  assert.deepEqual(await killed.closed, [1011, ''])

  const looping = await until('the next start', () => visit(t, url).catch(() => undefined))
  looping.socket.send('loop')
  assert.deepEqual(await looping.closed, [1011, ''])

  const next = await until('the next start', () => visit(t, url).catch(() => undefined))
  next.socket.send('well')
  assert.equal(await next.next(), 'well')
  neighbour.socket.send('still here')
  assert.equal(await neighbour.next(), 'still here')
})

test('plugins that share a process have sockets too, and lose them together', async (t) => {
  const { runtime, client } = await start(t, { config: { sandbox: { maxProcesses: 1 } } })
  const ids = ['alone', 'shared-a', 'shared-b']
  for (const id of ids) await install(runtime, { id, backend: ECHO })
  const visits = await Promise.all(ids.map((id) => visit(t, `${client.origin}/plugins/${id}/api/`)))
  const home = runtime.sandbox.processes.find(({ shared }) => shared)
  assert.deepEqual(home?.plugins.toSorted(), ['shared-a', 'shared-b'])
  for (const { socket } of visits) for (let index = 0; index < 100; index++) socket.send(String(index))
  for (const { next } of visits)
    for (let index = 0; index < 100; index++) assert.equal(await next(), String(index))
  process.kill(home.pid, 'SIGKILL')
  const [alone, ...lost] = visits
  for (const { closed } of lost) assert.deepEqual(await closed, [1011, ''])
  alone?.socket.send('here')
  assert.equal(await alone?.next(), 'here')
})

test('an open socket keeps its backend, one without work is stopped', async (t) => {
  const { runtime, client } = await start(t, { config: { sandbox: { idleMs: 200 } } })
  const counting = socketBackend(
    "server.accept(); server.addEventListener('message', () => server.send(String(++globalThis.count)))",
    "return new Response('plain')",
    'globalThis.count = 0',
  )
  await install(runtime, { id: 'kept', backend: counting })
  await install(runtime, { id: 'idle', backend: ECHO })
  const { socket, next } = await visit(t, `${client.origin}/plugins/kept/api/`)
  socket.send('')
  assert.equal(await next(), '1')
  const stateOf = async (id: string) => (await runtime.plugins.get(id)).state
  for (let round = 0; round < 3; round++) {
    assert.equal((await client.fetch('/plugins/idle/api/')).status, 200)
    await until('the other one to stop', async () => (await stateOf('idle')) === 'idle')
    assert.equal(await stateOf('kept'), 'running')
  }
  socket.send('')
  assert.equal(await next(), '2')
  socket.close()
  await until('its own turn', async () => (await stateOf('kept')) === 'idle')
})

test('a visitor without a pong is disconnected, one with a pong stays', async (t) => {
  const { runtime, client } = await start(t, { config: { limits: { socketPingMs: 150 } } })
  await install(runtime, noting('1.0.0'))
  const url = `${client.origin}/plugins/noting/api/`
  const alive = await visit(t, url)
  let pings = 0
  alive.socket.on('ping', () => {
    pings++
  })
  const dead = await visit(t, url, { autoPong: false })
  await dead.closed
  await until('the close', async () =>
    (await logLines(runtime, 'noting')).some(({ message }) => message === 'close 1006 false'),
  )
  const before = pings
  await until('more pings', () => pings > before + 2)
  alive.socket.send('x')
  assert.equal(await alive.next(), '1.0.0:x')
})

test('a server that stops sends a closing frame, and does not wait for replies', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, { id: 'echo', backend: ECHO })
  const listening = await serve(runtime)
  const { closed } = await visit(t, `http://127.0.0.1:${listening.port}/plugins/echo/api/`)
  await listening.close()
  assert.deepEqual(await closed, [1001, ''])
})

test('an application around hands its upgrades over, below a base path', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, { id: 'echo', backend: ECHO })
  const options = { basePath: '/tools' }
  const handleUpgrade = createUpgradeHandler(runtime, options)
  const server = createServer(getRequestListener(createApp(runtime, options).fetch))
  const left: (string | undefined)[] = []
  server.on('upgrade', (request, socket, head) => {
    if (handleUpgrade(request, socket, head)) return
    left.push(request.url)
    socket.end('HTTP/1.1 400 Not ours\r\nConnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { socket, next, closed } = await visit(t, `${origin}/tools/plugins/echo/api/`)
  socket.send('over')
  assert.equal(await next(), 'over')
  for (const path of ['/plugins/echo/api/', '/tools/api/v1/plugins', '/toolsplugins/echo/api/'])
    await assert.rejects(visit(t, origin + path), /Refused: 400/)
  assert.deepEqual(left, ['/plugins/echo/api/', '/tools/api/v1/plugins', '/toolsplugins/echo/api/'])
  await runtime.close()
  assert.deepEqual(await closed, [1001, ''])
})

test('plugbay dev serves sockets, and closes them with 1012 when a file is saved', async (t) => {
  const plugin = await startDevPlugin(t, { id: 'live', backend: ECHO })
  const { socket, next, closed } = await visit(t, `http://127.0.0.1:${plugin.port}/plugins/live/api/`)
  socket.send('a')
  assert.equal(await next(), 'a')
  await plugin.save({ 'backend/index.js': `${ECHO}\n// changed` })
  await plugin.next('swap')
  assert.deepEqual(await closed, [1012, ''])
})
