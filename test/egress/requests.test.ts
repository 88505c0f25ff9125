// Requests to real servers: heads, bodies both ways, compression, caps, times, turns, and what a caller can stop.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { openWay, received, startServer, textOf } from './servers.ts'

const FAST = { headMs: 300, idleMs: 300, keepMs: 50 }

test('method, path, headers and body arrive, and so does the answer', async (t) => {
  const server = await startServer(t, async (request, response) => {
    const body = await received(request)
    response.writeHead(
      201,
      'Made',
      [
        ['x-one', 'a'],
        ['x-one', 'b'],
        ['Set-Cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-o', 'ÿ'],
      ].flat(),
    )
    response.end(`${request.method} ${request.url} ${request.headers['x-sent']} ${body}`)
  })
  const { ask } = openWay(t)
  const headers = ['x-sent', 'here', 'content-type', 'text/plain']
  const answer = await ask(`${server.origin}/a%20b?c=%20#d`, {
    method: 'PUT',
    headers,
    body: Buffer.from('hello'),
  })
  assert.equal(answer.status, 201)
  assert.equal(answer.statusText, 'Made')
  assert.equal(answer.url, `${server.origin}/a%20b?c=%20`)
  assert.equal(answer.redirected, false)
  assert.deepEqual(answer.headers.slice(0, 8), [
    'x-one',
    'a',
    'x-one',
    'b',
    'set-cookie',
    'a=1',
    'set-cookie',
    'b=2',
  ])
  assert.equal(await textOf(answer), 'PUT /a%20b?c=%20 here hello')
  const [hit] = server.hits
  assert.equal(hit?.headers.host, `127.0.0.1:${server.port}`)
  assert.equal(hit?.headers['content-length'], '5')
  assert.equal(hit?.headers['user-agent'], 'Plugbay/1')
  assert.equal(hit?.headers.accept, '*/*')
})

test('headers of the connection are not the plugin’s to set', async (t) => {
  const server = await startServer(t, (_request, response) => response.end('ok'))
  const { ask } = openWay(t)
  const forbidden = {
    host: 'admin.internal',
    connection: 'upgrade, x-secret',
    'content-length': '999',
    'transfer-encoding': 'chunked',
    te: 'trailers',
    trailer: 'x',
    upgrade: 'websocket',
    expect: '100-continue',
    'keep-alive': 'timeout=9999',
    via: '1.1 me',
    'proxy-authorization': 'Basic eA==',
    'proxy-connection': 'close',
    'http2-settings': 'AA',
  }
  const headers = [...Object.entries(forbidden).flat(), 'x-fine', '1', 'cookie', 'a=1']
  assert.equal(await textOf(await ask(server.origin, { headers })), 'ok')
  const [hit] = server.hits
  assert.equal(hit?.headers.host, `127.0.0.1:${server.port}`)
  assert.equal(hit?.headers.connection, 'keep-alive')
  assert.equal(hit?.headers['x-fine'], '1')
  assert.equal(hit?.headers.cookie, 'a=1')
  for (const name of Object.keys(forbidden)) {
    if (name !== 'host' && name !== 'connection') assert.equal(hit?.headers[name], undefined, name)
  }
})

test('a variable of the environment names no proxy', async (t) => {
  const proxy = await startServer(t, (_request, response) => response.end('proxied'))
  const server = await startServer(t, (_request, response) => response.end('direct'))
  for (const name of ['http_proxy', 'HTTP_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']) {
    const before = process.env[name]
    process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.origin
    t.after(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
  assert.equal(await textOf(await openWay(t).ask(server.origin)), 'direct')
  assert.equal(proxy.connections(), 0)
})

const TEXT = 'compressed '.repeat(1000)
const CODINGS: readonly (readonly [string, Buffer])[] = [
  ['gzip', gzipSync(TEXT)],
  ['x-gzip', gzipSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['deflate', deflateRawSync(TEXT)],
  ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
  ['identity', Buffer.from(TEXT)],
  ['made-up', Buffer.from(TEXT)],
]
for (const [index, [coding, body]] of CODINGS.entries()) {
  test(`an answer in "${coding}" is read as it was before (${index})`, async (t) => {
    const server = await startServer(t, (_request, response) => {
      response.setHeader('content-encoding', coding)
      response.end(body)
    })
    const charged = new Map<string, number>()
    const charge = (pluginId: string, ms: number) => charged.set(pluginId, (charged.get(pluginId) ?? 0) + ms)
    const answer = await openWay(t, { charge }).ask(server.origin)
    assert.equal(await textOf(answer), TEXT)
    // What a plugin passes on must not claim a compression that is gone.
    const kept = ['identity', 'made-up'].includes(coding)
    assert.equal(answer.headers.includes('content-encoding'), kept)
    assert.equal(answer.headers.includes('content-length'), kept)
    assert.equal((charged.get('asker') ?? 0) > 0, !kept, 'decoding is charged to the plugin that asked')
    assert.equal(server.hits[0]?.headers['accept-encoding'], 'gzip, deflate, br')
  })
}

test('an answer that is not compressed as it says fails, and one without a body does not', async (t) => {
  const server = await startServer(t, ({ method, url }, response) => {
    response.setHeader('content-encoding', url === '/many' ? 'gzip, gzip, gzip, gzip' : 'gzip')
    response.end(method === 'HEAD' || url === '/empty' ? undefined : 'no gzip at all')
  })
  const { ask } = openWay(t)
  await assert.rejects(textOf(await ask(server.origin)), {
    code: 'FETCH_FAILED',
    message: /not compressed the way/,
  })
  await assert.rejects(textOf(await ask(`${server.origin}/many`)), { code: 'FETCH_FAILED' })
  assert.equal((await ask(server.origin, { method: 'HEAD' })).body, undefined)
  assert.equal(await textOf(await ask(`${server.origin}/empty`)), '')
})

test('what grows without measure is cut: by size and by ratio, compressed or not', async (t) => {
  const server = await startServer(t, ({ url }, response) => {
    if (url === '/bomb') {
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync(Buffer.alloc(50_000_000)))
      return
    }
    if (url === '/squeezed') response.setHeader('content-encoding', 'gzip')
    const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, n) => (n * 7919) % 251))
    response.end(url === '/squeezed' ? gzipSync(body) : body)
  })
  const limits = { maxRequestBytes: 1000, maxResponseBytes: 2_000_000 }
  const { ask } = openWay(t, { limits })
  await assert.rejects(textOf(await ask(`${server.origin}/plain`)), { message: /larger than 2000000 bytes/ })
  await assert.rejects(textOf(await ask(`${server.origin}/squeezed`)), {
    message: /larger than|grows too much/,
  })
  const wide = openWay(t)
  await assert.rejects(textOf(await wide.ask(`${server.origin}/bomb`)), { message: /grows too much/ })
  assert.equal((await textOf(await wide.ask(`${server.origin}/plain`))).length > 2_000_000, true)
})

test('a body that streams is sent as it comes, with its length where that is known', async (t) => {
  const server = await startServer(t, (request, response) => {
    // What is cut short is the asker's to report.
    received(request).then(
      (body) => response.end(body),
      () => undefined,
    )
  })
  const { ask } = openWay(t)
  async function* chunks() {
    for (const text of ['one ', 'two ', 'three']) {
      await delay(5)
      yield Buffer.from(text)
    }
  }
  const post = { method: 'POST', body: chunks() }
  assert.equal(await textOf(await ask(server.origin, post)), 'one two three')
  assert.equal(server.hits[0]?.headers['transfer-encoding'], 'chunked')
  assert.equal(
    await textOf(await ask(server.origin, { ...post, body: chunks(), bodyLength: 13 })),
    'one two three',
  )
  assert.equal(server.hits[1]?.headers['content-length'], '13')
  assert.equal(server.hits[1]?.headers['transfer-encoding'], undefined)
  await assert.rejects(ask(server.origin, { ...post, body: chunks(), bodyLength: 5 }), {
    code: 'FETCH_FAILED',
  })
})

test('the server is read no faster than the plugin reads', async (t) => {
  let written = 0
  const server = await startServer(t, (_request, response) => {
    const more = () => {
      while (written < 200_000_000) {
        written += 100_000
        if (!response.write(Buffer.alloc(100_000))) return
      }
      response.end()
    }
    response.on('drain', more)
    more()
  })
  const answer = await openWay(t).ask(server.origin)
  const reader = answer.body?.[Symbol.asyncIterator]()
  await reader?.next()
  let before = -1
  while (before !== written) {
    before = written
    await delay(200)
  }
  assert.ok(written < 50_000_000, `${written} bytes were taken from the server`)
  await reader?.return(undefined)
})

test('a server without an answer, and one that stops half-way, fail in time', async (t) => {
  const server = await startServer(t, ({ url }, response) => {
    if (url === '/half') response.writeHead(200, { 'content-length': 100 }).write('half')
  })
  const { ask } = openWay(t, { times: FAST })
  await assert.rejects(ask(`${server.origin}/never`), {
    code: 'FETCH_FAILED',
    message: /no answer within 300 ms/,
  })
  const half = await ask(`${server.origin}/half`)
  await assert.rejects(textOf(half), { code: 'FETCH_FAILED', message: /stopped half-way|not/ })
})

test('a reader that stalls loses the answer, and its turn goes to the next', async (t) => {
  const server = await startServer(t, (_request, response) => {
    response.write('first')
    setTimeout(() => response.end('second'), 20)
  })
  const { ask } = openWay(t, { times: FAST })
  const answer = await ask(server.origin)
  const reader = answer.body?.[Symbol.asyncIterator]()
  assert.equal(Buffer.from((await reader?.next())?.value ?? '').toString(), 'first')
  await delay(500)
  await assert.rejects(async () => await reader?.next(), { message: /was not read for 300 ms/ })
})

test('an abort ends the request before its head and after it', async (t) => {
  const closed: Promise<unknown>[] = []
  const server = await startServer(t, (request, response) => {
    closed.push(once(request.socket, 'close'))
    if (request.url === '/body') response.write('begun')
  })
  const { ask } = openWay(t)
  const early = new AbortController()
  const asked = ask(server.origin, { signal: early.signal })
  while (server.hits.length === 0) await delay(5)
  early.abort(new Error('enough'))
  await assert.rejects(asked, { message: /enough|failed/ })
  const late = new AbortController()
  const answer = await ask(`${server.origin}/body`, { signal: late.signal })
  late.abort(new Error('enough'))
  await assert.rejects(textOf(answer))
  await Promise.all(closed)
  await assert.rejects(ask(server.origin, { signal: AbortSignal.abort(new Error('before')) }), {
    message: /before|failed/,
  })
  assert.equal(server.hits.length, 2)
})

test('32 requests are under way at once, the others wait and all are answered', async (t) => {
  let open = 0
  let most = 0
  const server = await startServer(t, (_request, response) => {
    most = Math.max(most, ++open)
    setTimeout(() => {
      open--
      response.end('done')
    }, 10)
  })
  const { ask } = openWay(t)
  const texts = await Promise.all(
    Array.from({ length: 300 }, async () => await textOf(await ask(server.origin))),
  )
  assert.equal(texts.filter((text) => text === 'done').length, 300)
  assert.equal(most, 32)
})

test('connections are used again, and given up after a while', async (t) => {
  const server = await startServer(t, (_request, response) => response.end('ok'))
  const { ask } = openWay(t, { times: FAST })
  for (let count = 0; count < 5; count++) await textOf(await ask(server.origin))
  // A connection is free a moment after the answer has ended, so the second request may make its own.
  const first = server.connections()
  assert.ok(first <= 2, `${first} connections`)
  await delay(300)
  assert.equal(await textOf(await ask(server.origin)), 'ok')
  assert.equal(server.connections(), first + 1)
})

test('failures below HTTP are reported in one sentence without an address', async (t) => {
  const gone = await startServer(t, (_request, response) => response.end())
  const rude = await startServer(t, (request) => request.socket.destroy())
  const wrong = await startServer(t, (request) => request.socket.end('SSH-2.0-hello\r\n\r\n'))
  const { ask } = openWay(t, {
    resolve: async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
  })
  await assert.rejects(ask('http://nowhere.test/'), {
    code: 'FETCH_FAILED',
    message: 'The request to "http://nowhere.test" failed: its name is not known',
  })
  await assert.rejects(ask(rude.origin), {
    message: `The request to "${rude.origin}" failed: it closed the connection`,
  })
  await assert.rejects(ask(wrong.origin), {
    message: `The request to "${wrong.origin}" failed: its answer is not valid HTTP`,
  })
  await assert.rejects(ask(`https://127.0.0.1:${gone.port}`), { code: 'FETCH_FAILED' })
})
