// Redirects: each hop is permitted and vetted separately, methods change as in browsers, credentials do not leave their origin.

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type CountingServer, openWay, received, startServer, textOf } from './servers.ts'

/** Answers "/to?status=…&location=…" with that redirect, and tells what arrived for everything else. */
function redirector(t: TestContext): Promise<CountingServer> {
  return startServer(t, async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    const body = await received(request)
    const location = url.searchParams.get('location')
    if (location === null) response.end(JSON.stringify({ ...seen(request), body }))
    else response.writeHead(Number(url.searchParams.get('status') ?? 302), { location }).end('moved')
  })
}

function seen({ method, url, headers }: IncomingMessage) {
  return {
    method,
    url,
    authorization: headers.authorization,
    cookie: headers.cookie,
    type: headers['content-type'],
    key: headers['x-key'],
  }
}

const to = (from: CountingServer, location: string, status = 302) =>
  `${from.origin}/to?${new URLSearchParams({ status: String(status), location })}`

test('a redirect to a granted origin is followed; url and redirected tell of it', async (t) => {
  const server = await redirector(t)
  const { ask } = openWay(t)
  const answer = await ask(`${to(server, '/end?q=ü')}#kept`)
  assert.equal(answer.redirected, true)
  assert.equal(answer.url, `${server.origin}/end?q=%C3%BC`)
  assert.equal(JSON.parse(await textOf(answer)).url, '/end?q=%C3%BC')
})

test('a redirect to an origin that is not granted is refused before anything is asked there', async (t) => {
  const [allowed, other] = await Promise.all([redirector(t), redirector(t)])
  const { ask } = openWay(t, { granted: [allowed.origin] })
  for (const location of [
    `${other.origin}/x`,
    `//127.0.0.1:${other.port}/`,
    `http://localhost:${other.port}/`,
  ]) {
    await assert.rejects(ask(to(allowed, location)), { code: 'PERMISSION_DENIED' })
  }
  assert.equal(other.connections(), 0)
})

test('redirects to what is not http are refused', async (t) => {
  const server = await redirector(t)
  const { ask } = openWay(t)
  for (const location of [
    'file:///etc/passwd',
    'data:text/plain,x',
    'ftp://127.0.0.1/',
    'http://',
    `http://u:p@127.0.0.1:${server.port}/`,
  ])
    await assert.rejects(ask(to(server, location)), { code: 'FETCH_FAILED' }, location)
  assert.equal(server.hits.length, 5)
})

test('five redirects are followed, six are not', async (t) => {
  const server = await startServer(t, ({ url }, response) => {
    const left = Number(url?.slice(1))
    if (left === 0) response.end('there')
    else response.writeHead(302, { location: `/${left - 1}` }).end()
  })
  const { ask } = openWay(t)
  assert.equal(await textOf(await ask(`${server.origin}/5`)), 'there')
  await assert.rejects(ask(`${server.origin}/6`), { message: /redirects more than 5 times/ })
  await assert.rejects(ask(`${server.origin}/30`), { message: /redirects more than 5 times/ })
  assert.equal(server.hits.length, 6 + 6 + 6)
})

test('"manual" gives the redirect itself, "error" refuses it', async (t) => {
  const server = await redirector(t)
  const { ask } = openWay(t)
  const answer = await ask(to(server, '/end'), { redirect: 'manual' })
  assert.equal(answer.status, 302)
  assert.deepEqual(answer.headers.slice(0, 2), ['location', '/end'])
  assert.equal(await textOf(answer), 'moved')
  await assert.rejects(ask(to(server, '/end'), { redirect: 'error' }), {
    message: /answered with a redirect/,
  })
  assert.equal(server.hits.length, 2)
})

const CHANGES: readonly (readonly [number, string, string])[] = [
  [301, 'POST', 'GET'],
  [302, 'POST', 'GET'],
  [303, 'POST', 'GET'],
  [303, 'PUT', 'GET'],
  [301, 'PUT', 'PUT'],
  [302, 'DELETE', 'DELETE'],
  [307, 'POST', 'POST'],
  [308, 'PUT', 'PUT'],
]
for (const [status, before, after] of CHANGES) {
  test(`${before} redirected with ${status} becomes ${after}`, async (t) => {
    const server = await redirector(t)
    const headers = ['content-type', 'text/plain', 'x-key', 'k']
    const answer = await openWay(t).ask(to(server, '/end', status), {
      method: before,
      headers,
      body: Buffer.from('data'),
    })
    const { method, body, type, key } = JSON.parse(await textOf(answer))
    const kept = before === after
    assert.deepEqual(
      { method, body, type, key },
      { method: after, body: kept ? 'data' : '', type: kept ? 'text/plain' : undefined, key: 'k' },
    )
  })
}

test('HEAD stays HEAD, and a body that was a stream is not sent twice', async (t) => {
  const server = await redirector(t)
  const { ask } = openWay(t)
  assert.equal((await ask(to(server, '/end', 303), { method: 'HEAD' })).status, 200)
  assert.equal(server.hits[1]?.method, 'HEAD')
  async function* body() {
    yield Buffer.from('once')
  }
  await assert.rejects(ask(to(server, '/end', 307), { method: 'POST', body: body() }), {
    message: /was a stream/,
  })
})

test('credentials and secrets follow within the origin and to no other, not even for the way back', async (t) => {
  const [home, away] = await Promise.all([redirector(t), redirector(t)])
  const { ask } = openWay(t)
  const init = {
    headers: ['authorization', 'Bearer s', 'cookie', 'a=1', 'x-key', 'secret', 'content-type', 'text/plain'],
    secretHeaders: new Set(['x-key']),
  }
  const within = JSON.parse(await textOf(await ask(to(home, '/end'), init)))
  assert.deepEqual([within.authorization, within.cookie, within.key], ['Bearer s', 'a=1', 'secret'])
  for (const status of [302, 307]) {
    const across = JSON.parse(await textOf(await ask(to(home, `${away.origin}/end`, status), init)))
    assert.deepEqual(
      [across.authorization, across.cookie, across.key, across.type],
      [undefined, undefined, undefined, 'text/plain'],
    )
  }
  const back = to(home, to(away, `${home.origin}/end`))
  const returned = JSON.parse(await textOf(await ask(back, init)))
  assert.deepEqual([returned.authorization, returned.cookie, returned.key], [undefined, undefined, undefined])
})

test('a Location with a line break makes no second header', async (t) => {
  const server = await startServer(t, (request) => {
    request.socket.end('HTTP/1.1 302 Found\r\nLocation: /next\r\n x-injected: 1\r\nContent-Length: 0\r\n\r\n')
  })
  const outcome = await openWay(t)
    .ask(server.origin, { redirect: 'manual' })
    .catch((error: Error) => error)
  if (!(outcome instanceof Error)) assert.ok(!outcome.headers.includes('x-injected'))
})
