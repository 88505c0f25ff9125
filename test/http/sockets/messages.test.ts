// Messages between a visitor and a plugin, the handshake, and what is answered where there is no socket.

import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Runtime } from '../../../runtime/runtime.ts'
import { type Client, install, logLines, send, startTestRuntime, until, WAYS } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'
import { ECHO, refused, socketBackend, visit } from '../../support/sockets.ts'

const scope = sharedScope()
let runtime: Runtime
let client: Client

before(async () => {
  runtime = await startTestRuntime(scope, { config: { limits: { maxSockets: 3, maxRequestsInFlight: 2 } } })
  const [server] = WAYS
  assert.ok(server)
  client = await server.open(scope, runtime)
})

const at = (id: string, path = '/'): string => `${client.origin}/plugins/${id}/api${path}`

test('messages keep their order, their bounds and their kind', async (t) => {
  await install(runtime, { id: 'echo', backend: ECHO })
  const { socket, next, closed } = await visit(t, at('echo'))
  const messages = [
    ...['a', '', 'é🎈\u0000', '\ufeffmarked', Buffer.from([0, 255, 1]), Buffer.alloc(0)],
    ...['x'.repeat(999_999), Buffer.alloc(1_000_000, 7), 'ö'.repeat(300_000)],
    ...Array.from({ length: 200 }, (_, index) => `message ${index}`),
  ]
  for (const message of messages) socket.send(message)
  for (const message of messages) assert.deepEqual(await next(), message)
  // In two frames, with a ping between them.
  socket.send('one ', { fin: false })
  socket.ping()
  socket.send('message', { fin: true })
  assert.equal(await next(), 'one message')
  socket.close(4000, 'enough')
  assert.deepEqual(await closed, [4000, 'enough'])
})

test('the backend sees a request for a WebSocket, and its answer keeps the rules for headers', async (t) => {
  const backend = socketBackend(`
    server.accept()
    server.send(JSON.stringify({ url: request.url, body: request.body, user: ctx.user, headers: Object.fromEntries(request.headers), protocol: server.protocol }))
    queueMicrotask(() => server.send(server.protocol))
    headers = { 'sec-websocket-protocol': url.searchParams.get('choose') ?? 'b', 'x-plugin-own': 'yes', 'set-cookie': 'a=1; Path=/', 'sec-websocket-accept': 'forged', 'strict-transport-security': 'x' }`)
  await install(runtime, { id: 'heads', backend })
  const options = { protocols: ['a', 'b'], headers: { cookie: 'plugbay.heads.mine=1', 'x-asked': 'so' } }
  const chosen = await visit(t, at('heads', '/chat?x=1'), options)
  assert.equal(chosen.socket.protocol, 'b')
  assert.partialDeepStrictEqual(chosen.headers, {
    'x-plugin-own': 'yes',
    'set-cookie': ['plugbay.heads.a=1; Path=/plugins/heads/'],
    'x-content-type-options': 'nosniff',
  })
  assert.equal(chosen.headers['strict-transport-security'], undefined)
  const seen = JSON.parse(String(await chosen.next()))
  assert.partialDeepStrictEqual(seen, {
    url: `${client.origin}/chat?x=1`,
    body: null,
    user: null,
    headers: {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'a, b',
      cookie: 'mine=1',
      'x-asked': 'so',
      'x-forwarded-prefix': '/plugins/heads/api',
    },
  })
  assert.equal(seen.headers['sec-websocket-extensions'], undefined)

  const ours = await visit(t, at('heads', '/?choose=none-of-these'), { protocols: ['plugbay', 'a'] })
  assert.equal(ours.socket.protocol, 'plugbay')
  assert.partialDeepStrictEqual(JSON.parse(String(await ours.next())), {
    headers: { 'sec-websocket-protocol': 'a' },
  })
})

test('closing codes and reasons reach the backend, and the backend closes with its own', async (t) => {
  const backend = socketBackend(`
    server.addEventListener('close', ({ code, reason, wasClean }) => console.log(JSON.stringify([url.pathname, code, reason, wasClean, server.readyState])))
    server.addEventListener('error', () => console.log('error ' + url.pathname))
    server.addEventListener('message', ({ data }) => { const [code, reason] = JSON.parse(data); server.close(code, reason) })
    server.accept()`)
  await install(runtime, { id: 'closes', backend })
  const log = async () => (await logLines(runtime, 'closes')).map(({ message }) => message)
  const heard = (line: string) => until(line, async () => (await log()).includes(line))

  const polite = await visit(t, at('closes', '/polite'))
  polite.socket.close(1000, 'bye')
  await heard('["/polite",1000,"bye",true,3]')
  const silent = await visit(t, at('closes', '/silent'))
  silent.socket.close()
  await heard('["/silent",1005,"",true,3]')
  const gone = await visit(t, at('closes', '/gone'))
  gone.socket.terminate()
  await heard('["/gone",1006,"",false,3]')
  assert.ok((await log()).includes('error /gone'))

  for (const [sent, received] of [
    [
      [4001, 'mine'],
      [4001, 'mine'],
    ],
    [[], [1005, '']],
  ] as const) {
    const { socket, closed } = await visit(t, at('closes', '/told'))
    socket.send(JSON.stringify(sent))
    assert.deepEqual(await closed, received)
  }
  await heard('["/told",4001,"mine",true,3]')
})

test('what comes before accept() waits, and what is sent before the answer arrives', async (t) => {
  const backend = socketBackend(
    `globalThis.server = server
     server.addEventListener('message', ({ data }) => server.send('heard ' + data))
     if (url.pathname === '/eager') { server.accept(); server.send('first') }`,
    "globalThis.server.accept(); return new Response('accepted')",
  )
  await install(runtime, { id: 'order', backend })
  const eager = await visit(t, at('order', '/eager'))
  eager.socket.send('a')
  assert.deepEqual([await eager.next(), await eager.next()], ['first', 'heard a'])
  const late = await visit(t, at('order', '/late'))
  late.socket.send('b')
  late.socket.send('c')
  assert.equal(await (await client.fetch('/plugins/order/api/')).text(), 'accepted')
  assert.deepEqual([await late.next(), await late.next()], ['heard b', 'heard c'])
})

test('an application of Hono with upgradeWebSocket runs unchanged', async (t) => {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { Hono } from 'hono'
        import { upgradeWebSocket } from 'hono/cloudflare-workers'
        import { logger } from 'hono/logger'
        const app = new Hono()
        app.use(logger())
        app.get('/chat/:room', upgradeWebSocket((c) => ({
          onMessage(event, ws) { ws.send(c.req.param('room') + ': ' + event.data + ' ' + ws.readyState); if (event.data === 'bye') ws.close(3000, 'as you wish') },
          onClose: (event) => console.log('closed ' + event.code),
        })))
        app.get('/chat/:room', (c) => c.text('not a socket', 426))
        export default app`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'silent',
  })
  await install(runtime, { id: 'hono-chat', backend: outputFiles[0]?.text ?? '' })
  const plain = await client.fetch('/plugins/hono-chat/api/chat/tea')
  assert.deepEqual([plain.status, await plain.text()], [426, 'not a socket'])
  const { socket, next, closed } = await visit(t, at('hono-chat', '/chat/tea'))
  socket.send('hello')
  assert.equal(await next(), 'tea: hello 1')
  socket.send('bye')
  assert.equal(await next(), 'tea: bye 1')
  assert.deepEqual(await closed, [3000, 'as you wish'])
  await until('the close', async () =>
    (await logLines(runtime, 'hono-chat')).some(({ message }) => message === 'closed 3000'),
  )
})

test('without a socket, the response is that of any request, with the same headers', async (t) => {
  const backend = socketBackend(`
    if (url.pathname === '/throws') throw new Error('no')
    if (url.pathname === '/refuses') return Response.json({ why: 'full' }, { status: 409 })
    if (url.pathname === '/streams') return new Response(new ReadableStream({ start(c) { for (let i = 0; i < 40; i++) c.enqueue(new Uint8Array(50_000)); c.close() } }))
    if (url.pathname === '/accepted') client.accept()
    if (url.pathname === '/late') await new Promise(() => undefined)`)
  await install(runtime, { id: 'refuses', backend })
  await install(runtime, { id: 'off', backend: ECHO }, { enable: 'false' })
  await install(runtime, { id: 'silent', backend: 'export const nothing = 1' })
  const cases = [
    [at('refuses', '/throws'), 500, 'GUEST_ERROR'],
    [at('refuses', '/accepted'), 500, 'GUEST_ERROR'],
    [at('refuses', '/refuses'), 409, undefined],
    [at('off'), 404, 'NOT_FOUND'],
    [at('nobody'), 404, 'NOT_FOUND'],
    [at('silent'), 503, 'PLUGIN_UNAVAILABLE'],
  ] as const
  for (const [url, status, code] of cases) {
    const answer = await refused(t, url)
    assert.deepEqual([answer.status, answer.code], [status, code], url)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff', url)
    assert.match(String(answer.headers['content-security-policy']), /sandbox/, url)
    assert.equal(answer.headers.connection, 'close', url)
  }
  assert.equal((await refused(t, at('refuses', '/streams'))).text.length, 2_000_000)
  // A 101 without an upgrade request.
  const backwards =
    'export default { fetch() { return new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }) } }'
  await install(runtime, { id: 'backwards', backend: backwards })
  assert.equal((await client.fetch('/plugins/backwards/api/')).status, 500)
})

test('an upgrade to something else is an ordinary request', async () => {
  await install(runtime, { id: 'plain', backend: ECHO })
  const ask = (path: string, headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(client.origin)
      const request = httpRequest({ hostname, port, path, agent: false, headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('upgrade', (_response, socket) => {
        socket.destroy()
        reject(new Error('upgraded'))
      })
      request.on('error', reject)
      request.end()
    })
  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  }
  const path = '/plugins/plain/api/'
  await assert.rejects(ask(path, handshake), /upgraded/)
  for (const headers of [
    { ...handshake, upgrade: 'h2c' },
    { ...handshake, 'sec-websocket-version': '12' },
    { ...handshake, 'sec-websocket-key': 'short' },
    { ...handshake, 'sec-websocket-protocol': 'a, a' },
    { ...handshake, 'sec-websocket-protocol': 'a b' },
  ])
    assert.equal(await ask(path, headers), 200, JSON.stringify(headers))
  assert.equal(await ask('/plugins/plain/', handshake), 404)
  assert.equal(await ask('/healthz', handshake), 200)
})

test('messages that a visitor sends before the handshake is complete are kept', async (t) => {
  const backend = socketBackend(
    "server.accept(); server.addEventListener('message', ({ data }) => server.send(data)); await new Promise((resolve) => { globalThis.go = resolve })",
    'globalThis.go?.(); return Response.json(globalThis.go !== undefined)',
  )
  await install(runtime, { id: 'early', backend })
  const { hostname, port } = new URL(client.origin)
  const wire = connect(Number(port), hostname)
  t.after(() => wire.destroy())
  const frame = (letter: string) => Buffer.from([0x81, 0x81, 0, 0, 0, 0, letter.charCodeAt(0)])
  const head =
    'GET /plugins/early/api/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  wire.write(Buffer.concat([Buffer.from(head), frame('a')]))
  let received = ''
  wire.on('data', (data) => {
    received += data.toString('latin1')
  })
  wire.write(frame('b'))
  await until('the backend to ponder', async () => (await client.fetch('/plugins/early/api/')).json())
  wire.write(frame('c'))
  await until('the echoes', () => received.endsWith('\u0081\u0001a\u0081\u0001b\u0081\u0001c'))
  assert.match(received, /^HTTP\/1\.1 101 /)
})

test('only so many sockets are open at once, and they take no place of requests', async (t) => {
  await install(runtime, { id: 'many', backend: ECHO })
  const open = [await visit(t, at('many')), await visit(t, at('many')), await visit(t, at('many'))]
  const full = await refused(t, at('many'))
  assert.deepEqual([full.status, full.code, full.headers['retry-after']], [503, 'GUEST_BUSY', '1'])
  assert.equal((await client.fetch('/plugins/many/api/')).status, 200)
  open[1]?.socket.close()
  await until('a place', async () => {
    const next = await visit(t, at('many')).catch(() => undefined)
    next?.socket.send('again')
    return (await next?.next()) === 'again'
  })
  const disabled = await send(runtime, 'POST', '/plugins/many/disable')
  assert.equal(disabled.status, 200)
})
