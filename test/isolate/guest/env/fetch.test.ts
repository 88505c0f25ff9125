// fetch() of a plugin, from the isolate to a real server and back: shape, bodies both ways, redirects, aborts, errors.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Runtime } from '../../../../runtime/runtime.ts'
import { type CountingServer, received, startServer } from '../../../egress/servers.ts'
import { backendOf, type Client, install, startTestRuntime, until, WAYS } from '../../../support/runtime.ts'
import { sharedScope } from '../../../support/scope.ts'

const scope = sharedScope()
let runtime: Runtime
let client: Client
let server: CountingServer
let other: CountingServer
let answer: RequestListener = (_request, response) => void response.end()
const otherAnswer: RequestListener = (_request, response) => void response.end('other')
let count = 0

before(async () => {
  server = await startServer(scope, (request, response) => answer(request, response))
  other = await startServer(scope, (request, response) => otherAnswer(request, response))
  runtime = await startTestRuntime(scope, { network: { times: { headMs: 2000, idleMs: 2000 } } })
  const [way] = WAYS
  assert.ok(way)
  client = await way.open(scope, runtime)
})

/** Runs the body of a handler in a plugin of its own and gives what it returned as JSON. `server` is the granted origin. */
async function inPlugin(body: string, granted: readonly string[] = [server.origin]): Promise<unknown> {
  const id = `f-${++count}`
  const permissions = granted.length === 0 ? {} : { network: granted }
  const code = `const server = ${JSON.stringify(server.origin)}, other = ${JSON.stringify(other.origin)};
    const value = await (async () => { ${body} })(); return Response.json(value ?? null)`
  await install(runtime, { id, backend: backendOf(code), manifest: { permissions } })
  const response = await client.fetch(`/plugins/${id}/api/`)
  const text = await response.text()
  assert.equal(response.status, 200, text)
  await runtime.plugins.disable(id, 'test')
  return JSON.parse(text)
}

test('a Response has the shape of the standard', async () => {
  answer = (request, response) => {
    if (request.url === '/from') return void response.writeHead(302, { location: '/there#x' }).end()
    response.writeHead(201, 'Made', [
      'Content-Type',
      'text/plain',
      'X-Two',
      'a',
      'X-Two',
      'b',
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
    ])
    response.end('héllo')
  }
  const seen = await inPlugin(`
    const r = await fetch(server + '/from')
    const copy = r.clone()
    const out = [r instanceof Response, r.status, r.ok, r.statusText, r.type, r.redirected, r.url.replace(server, ''),
      r.headers.get('x-two'), r.headers.getSetCookie(), r.bodyUsed, await r.text(), r.bodyUsed, await copy.text()]
    try { r.headers.set('x', 'y') } catch (error) { out.push(error.name) }
    return [...out, fetch.name, fetch.length]`)
  assert.deepEqual(seen, [
    ...[
      true,
      201,
      true,
      'Made',
      'basic',
      true,
      '/there',
      'a, b',
      ['a=1', 'b=2'],
      false,
      'héllo',
      true,
      'héllo',
    ],
    ...['TypeError', 'fetch', 1],
  ])
})

test('method, headers and every kind of body arrive', async () => {
  const seen: (readonly [string | undefined, string | undefined, string])[] = []
  answer = async (request, response) => {
    seen.push([request.method, request.headers['content-type'], await received(request)])
    response.end(request.headers['x-mine'])
  }
  const texts = await inPlugin(`
    const post = (body, headers = {}) => fetch(server, { method: 'POST', body, headers }).then((r) => r.text())
    const form = new FormData(); form.append('field', 'value')
    return [
      await post('téxt', { 'x-mine': 'yes' }),
      await post(new URLSearchParams({ a: '1 2' })),
      await post(new Uint8Array([104, 105]).buffer),
      await post(new Blob(['blob'], { type: 'a/b' })),
      await post(JSON.stringify({ a: 1 }), { 'content-type': 'application/json' }),
      await fetch(new Request(server, { method: 'PUT', body: 'put' })).then((r) => r.text()),
      await fetch(server, { method: 'POST' }).then((r) => r.text()),
      await fetch(server, { method: 'delete' }).then((r) => r.text()),
      await post(form),
    ]`)
  assert.deepEqual(texts, ['yes', '', '', '', '', '', '', '', ''])
  const form = seen.pop()
  assert.match(String(form?.[1]), /^multipart\/form-data; boundary=/)
  assert.match(String(form?.[2]), /name="field"\r\n\r\nvalue\r\n/)
  assert.deepEqual(seen, [
    ['POST', 'text/plain;charset=UTF-8', 'téxt'],
    ['POST', 'application/x-www-form-urlencoded;charset=UTF-8', 'a=1+2'],
    ['POST', undefined, 'hi'],
    ['POST', 'a/b', 'blob'],
    ['POST', 'application/json', '{"a":1}'],
    ['PUT', 'text/plain;charset=UTF-8', 'put'],
    ['POST', undefined, ''],
    ['DELETE', undefined, ''],
  ])
})

test('large and streaming request bodies arrive whole, with a length where it is known', async () => {
  const lengths: (string | undefined)[] = []
  answer = async (request, response) => {
    lengths.push(request.headers['content-length'])
    let bytes = 0
    let sum = 0
    for await (const chunk of request) {
      bytes += chunk.length
      for (const byte of chunk) sum = (sum + byte) % 65_521
    }
    response.end(`${bytes} ${sum}`)
  }
  const seen = await inPlugin(`
    const bytes = new Uint8Array(3_000_000).map((_, i) => i % 251)
    let left = 20
    const stream = new ReadableStream({ pull(c) { if (left-- > 0) c.enqueue(bytes.slice(0, 100_000)); else c.close() } })
    const post = (body) => fetch(server, { method: 'POST', body, duplex: 'half' }).then((r) => r.text())
    return [await post(bytes), await post(stream)]`)
  const sumOf = (length: number, times: number) => {
    let sum = 0
    for (let round = 0; round < times; round++)
      for (let i = 0; i < length; i++) sum = (sum + (i % 251)) % 65_521
    return `${length * times} ${sum}`
  }
  assert.deepEqual(seen, [sumOf(3_000_000, 1), sumOf(100_000, 20)])
  assert.deepEqual(lengths, ['3000000', undefined])
})

test('a request body over the cap is refused, whole or as a stream', async () => {
  answer = async (request, response) => {
    received(request).then(
      () => response.end('taken'),
      () => undefined,
    )
  }
  const seen = (await inPlugin(`
    const post = (body) => fetch(server, { method: 'POST', body, duplex: 'half' }).then((r) => r.text(), (e) => [e.name, e.cause?.code])
    let left = 120
    const stream = new ReadableStream({ pull(c) { if (left-- > 0) c.enqueue(new Uint8Array(100_000)); else c.close() } })
    return [await post(new Uint8Array(10_000_001)), await post(stream)]`)) as string[]
  assert.deepEqual(seen, [
    ['TypeError', 'QUOTA_EXCEEDED'],
    ['TypeError', 'QUOTA_EXCEEDED'],
  ])
})

test('a body of the plugin that fails ends the request with its error', async () => {
  const ends: Promise<unknown>[] = []
  answer = (request) => {
    request.resume().on('error', () => undefined)
    ends.push(new Promise((resolve) => request.on('close', resolve)))
  }
  const seen = await inPlugin(`
    const stream = new ReadableStream({ start(c) { c.enqueue(new Uint8Array(10)); setTimeout(() => c.error(new RangeError('mine')), 50) } })
    return fetch(server, { method: 'POST', body: stream, duplex: 'half' }).catch((e) => [e.name, e.message])`)
  assert.deepEqual(seen, ['RangeError', 'mine'])
  await Promise.all(ends)
})

test('an answer streams: its first part is there before its last one is sent', async () => {
  let release = () => {}
  answer = (request, response) => {
    if (request.url === '/go') {
      release()
      return void response.end()
    }
    response.write('first')
    release = () => void response.end('last')
  }
  const seen = await inPlugin(`
    const r = await fetch(server)
    const reader = r.body.pipeThrough(new TextDecoderStream()).getReader()
    const first = await reader.read()
    await fetch(server + '/go')
    return [first.value, (await reader.read()).value, (await reader.read()).done]`)
  assert.deepEqual(seen, ['first', 'last', true])
})

test('an answer larger than the isolate’s memory passes through a plugin to its visitor', async () => {
  const SIZE = 90_000_000
  answer = (_request, response) => {
    let written = 0
    const more = (): void => {
      while (written < SIZE) {
        written += 1_000_000
        if (!response.write(Buffer.alloc(1_000_000, 1))) return
      }
      response.end()
    }
    response.on('drain', more)
    more()
  }
  const backend = `export default { async fetch() { const r = await fetch(${JSON.stringify(server.origin)}); return new Response(r.body) } }`
  await install(runtime, {
    id: 'relay',
    backend,
    manifest: { permissions: { network: [server.origin] }, limits: { memoryMb: 32 } },
  })
  const response = await client.fetch('/plugins/relay/api/')
  let bytes = 0
  for await (const chunk of response.body ?? []) bytes += chunk.length
  assert.equal(bytes, SIZE)
})

test('read whole, an answer over 20 MB is refused; as a stream it is not', async () => {
  answer = (_request, response) => void response.end(Buffer.alloc(21_000_000))
  const seen = await inPlugin(`
    let bytes = 0
    for await (const chunk of (await fetch(server)).body) bytes += chunk.length
    const whole = await fetch(server).then((r) => r.arrayBuffer()).catch((e) => [e.name, e.message])
    return [bytes, whole]`)
  assert.deepEqual(seen, [
    21_000_000,
    ['TypeError', 'The body is longer than 20000000 bytes: read it as a stream, from "body"'],
  ])
})

test('compressed answers are read as they were, and can be passed on', async () => {
  answer = (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' })
    response.end(gzipSync('{"a":1}'))
  }
  const network = [server.origin]
  assert.deepEqual(await inPlugin('return (await fetch(server)).json()'), { a: 1 })
  const backend = backendOf(`return fetch(${JSON.stringify(server.origin)})`)
  await install(runtime, { id: 'passing', backend, manifest: { permissions: { network } } })
  const passed = await client.fetch('/plugins/passing/api/')
  assert.equal(passed.headers.get('content-type'), 'application/json')
  assert.deepEqual(await passed.json(), { a: 1 })
})

test('an abort before, during and after the head rejects with its reason and closes the connection', async () => {
  const closed: Promise<unknown>[] = []
  answer = (request: IncomingMessage, response) => {
    closed.push(once(request.socket, 'close'))
    if (request.url === '/body') response.write('begun')
  }
  const seen = await inPlugin(`
    const tell = (e) => [e.name, e.message]
    const before = await fetch(server, { signal: AbortSignal.abort(new RangeError('early')) }).catch(tell)
    const during = await fetch(server, { signal: AbortSignal.timeout(100) }).catch(tell)
    const controller = new AbortController()
    const r = await fetch(server + '/body', { signal: controller.signal })
    controller.abort()
    const late = await r.text().catch(tell)
    const r2 = await fetch(server + '/body')
    await r2.body.cancel()
    return [before, during, late]`)
  assert.deepEqual(seen, [
    ['RangeError', 'early'],
    ['TimeoutError', 'The operation was aborted due to timeout'],
    ['AbortError', 'This operation was aborted'],
  ])
  assert.equal(closed.length, 3)
  await Promise.all(closed)
})

test('redirects: "manual" and "error", and an origin that is not granted', async () => {
  answer = (_request, response) => void response.writeHead(307, { location: `${other.origin}/x` }).end()
  const seen = (await inPlugin(`
    const tell = (e) => [e.name, e.cause?.code, e.message]
    const manual = await fetch(server, { redirect: 'manual' })
    return [manual.status, manual.headers.get('location') === other + '/x', await fetch(server, { redirect: 'error' }).catch(tell), await fetch(server).catch(tell)]`)) as unknown[]
  assert.deepEqual(seen.slice(0, 2), [307, true])
  assert.deepEqual((seen[2] as string[]).slice(0, 2), ['TypeError', 'FETCH_FAILED'])
  assert.deepEqual((seen[3] as string[]).slice(0, 2), ['TypeError', 'PERMISSION_DENIED'])
  assert.equal(other.connections(), 0)
})

test('without a grant the error names the origin and where to declare it', async () => {
  const tell = `.catch((e) => [e.name, e.message, e.cause?.code ?? null])`
  const missing = (await inPlugin(`return fetch(other + '/x')${tell}`)) as string[]
  assert.equal(missing[0], 'TypeError')
  assert.equal(missing[2], 'PERMISSION_DENIED')
  const declare = `for "${other.origin}": declare it under "permissions.network" in manifest.json`
  assert.ok(missing[1]?.includes(declare), String(missing[1]))
  const none = (await inPlugin(`return fetch(server)${tell}`, [])) as string[]
  assert.deepEqual([none[0], none[2]], ['TypeError', null])
  assert.match(String(none[1]), /"permissions\.network"/)
})

test('what cannot be asked is a TypeError, and nothing is sent', async () => {
  const hits = server.hits.length
  const seen = (await inPlugin(`
    const names = []
    for (const call of [
      () => fetch(), () => fetch('nonsense'), () => fetch('/relative'), () => fetch('data:text/plain'), () => fetch('data:;base64,x'), () => fetch('file:///etc/passwd'),
      () => fetch(server, { method: 'CONNECT' }), () => fetch(server, { method: 'GET', body: 'x' }), () => fetch(server, { headers: { 'a b': 'c' } }),
      () => fetch(server.replace('//', '//u:p@')), () => fetch(server + '/' + 'x'.repeat(100_000)), () => fetch(server, { headers: { a: 'x'.repeat(70_000) } }),
    ]) {
      try { const promise = call(); names.push(promise instanceof Promise); await promise; names.push('answered') } catch (error) { names.push(error.name) }
    }
    return names`)) as unknown[]
  assert.deepEqual(seen, Array.from({ length: 12 }, () => [true, 'TypeError']).flat())
  assert.equal(server.hits.length, hits)
})

test('a thousand requests at once are all answered, 32 at a time', async () => {
  let open = 0
  let most = 0
  answer = (_request, response) => {
    most = Math.max(most, ++open)
    setImmediate(() => {
      open--
      response.end('x')
    })
  }
  const seen = await inPlugin(`
    const texts = await Promise.all(Array.from({ length: 1000 }, () => fetch(server).then((r) => r.text())))
    return texts.filter((text) => text === 'x').length`)
  assert.equal(seen, 1000)
  assert.ok(most <= 32, `${most} at once`)
})

test('a plugin that is disabled while it asks lets go of the connection', async () => {
  let closed: Promise<unknown> | undefined
  answer = (request) => {
    closed = once(request.socket, 'close')
  }
  await install(runtime, {
    id: 'asking',
    backend: backendOf(
      `ctx.waitUntil(fetch(${JSON.stringify(server.origin)}).catch(() => undefined)); return new Response('asked')`,
    ),
    manifest: { permissions: { network: [server.origin] } },
  })
  assert.equal(await (await client.fetch('/plugins/asking/api/')).text(), 'asked')
  await until('the request arrives', () => closed)
  await runtime.plugins.uninstall('asking', { data: 'delete', actor: 'test' })
  await closed
})

test('the plugin’s own server is out of reach, even where its origin was granted', async () => {
  const message = (await inPlugin(
    `return fetch(${JSON.stringify(`${client.origin}/api/v1/plugins`)}, { headers: { authorization: 'Bearer x' } }).then((r) => r.text(), (e) => [e.name, e.cause.code])`,
    [client.origin],
  )) as string[]
  assert.deepEqual(message, ['TypeError', 'FETCH_REFUSED'])
})
