// Requests of a plugin through the whole runtime: names that change (DNS rebinding), redirects, the runtime itself, headers, floods.

import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { type TestContext, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { ResolvedAddress } from '../../runtime/egress/pinned-agent.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { startServer } from '../egress/servers.ts'
import { ADMIN_TOKEN, backendOf, install, startTestRuntime } from '../support/runtime.ts'
import { Closers } from '../support/scope.ts'
import { record } from './helpers/record.ts'
import { listenFor } from './helpers/wire.ts'

const RUN = backendOf(`
  const run = new Function('env', 'return (async () => {' + await request.text() + '})()')
  try { return Response.json({ value: (await run(env)) ?? null }) }
  catch (error) { return Response.json({ error: error.name, message: error.message, code: error.code ?? error.cause?.code ?? null }) }`)

interface Outcome {
  readonly value?: unknown
  readonly error?: string
  readonly message?: string
}

async function open(
  t: TestContext,
  network: readonly string[],
  resolve?: (name: string) => Promise<readonly ResolvedAddress[]>,
) {
  const runtime = await startTestRuntime(t, resolve === undefined ? {} : { network: { resolve } })
  await install(runtime, { id: 'asking', backend: RUN, manifest: { permissions: { network } } })
  return { runtime, run: runner(runtime) }
}

function runner(runtime: Runtime): (code: string) => Promise<Outcome> {
  const app = createApp(runtime)
  return async (code) => {
    const response = await app.request('http://127.0.0.1:3000/plugins/asking/api/', {
      method: 'POST',
      body: code,
    })
    return (await response.json()) as Outcome
  }
}

const v4 = (address: string): ResolvedAddress => ({ address, family: 4 })
const v6 = (address: string): ResolvedAddress => ({ address, family: 6 })

test('SSRF a name that leads inside, now or later, is refused in the same words whether something listens or not', async (t) => {
  const inner = await startServer(t, (_request, response) => response.end('inner'))
  const gone = await closedPort()
  const scripts: readonly (readonly [name: string, answers: readonly (readonly ResolvedAddress[])[]])[] = [
    ['rebinding', [[v4('192.0.2.1')], [v4('127.0.0.1')]]],
    ['A and AAAA', [[v4('192.0.2.1'), v6('::1')]]],
    ['a CNAME to localhost', [[v4('127.0.0.1'), v6('::1')]]],
    ['one bad address of two', [[v4('192.0.2.1'), v4('127.0.0.1')]]],
    ['IPv4 in IPv6', [[v6('::ffff:127.0.0.1')]]],
    ['metadata', [[v4('169.254.169.254')]]],
    ['this network', [[v4('0.0.0.0')]]],
    ['NAT64', [[v6('64:ff9b::7f00:1')]]],
  ]
  let current: readonly (readonly ResolvedAddress[])[] = []
  let asked = 0
  const granted = [inner.port, gone].map((port) => `http://allowed.test:${port}`)
  const { run } = await open(t, granted, async () => current[Math.min(asked++, current.length - 1)] ?? [])
  for (const [name, answers] of scripts) {
    current = answers
    asked = 0
    const told: string[] = []
    const times: number[] = []
    for (const origin of [...granted, ...granted]) {
      const start = performance.now()
      const { error, message } = await run(`await fetch('${origin}/')`)
      times.push(performance.now() - start)
      assert.equal(error, 'TypeError', `${name}: ${message}`)
      told.push((message ?? '').replace(/:\d+"/, ':PORT"'))
    }
    assert.equal(new Set(told).size, 1, `${name}: ${told.join('\n')}`)
    assert.equal(inner.connections(), 0, name)
    const difference = Math.abs((times[2] ?? 0) - (times[3] ?? 0))
    record({
      id: `SSRF-dns-${name}`,
      area: 'egress',
      title: `a granted name: ${name}`,
      culprit: 'FETCH_REFUSED',
      note: `open and closed ports ${difference.toFixed(1)} ms apart`,
    })
  }
})

async function closedPort(): Promise<number> {
  const scope = new Closers()
  const { port } = await startServer(scope, () => undefined)
  await scope.close()
  return port
}

test('SSRF no redirect of a granted server leads on', async (t) => {
  const inner = await startServer(t, (_request, response) => response.end('inner'))
  const other = await startServer(t, (_request, response) => response.end('other port'))
  const locations: readonly (readonly [name: string, status: number, location: string])[] = [
    ['inside', 302, `http://127.0.0.1:${inner.port}/`],
    ['inside, with the body', 307, `http://localhost:${inner.port}/`],
    ['a file', 302, 'file:///etc/passwd'],
    ['without a scheme', 302, `//127.0.0.1:${inner.port}/`],
    ['another port of the same host', 302, other.origin],
    ['with a line break', 302, `/x\r\nX-Injected: 1`],
    ['to itself, 30 times', 302, '/6'],
    ['data', 302, 'data:text/plain,x'],
    ['credentials', 302, `http://user:password@127.0.0.1:${inner.port}/`],
  ]
  const server = await startServer(t, (request, response) => {
    const [, status = 302, location = ''] = locations[Number(request.url?.slice(1))] ?? []
    request.resume()
    request.socket.end(
      `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    )
    void response
  })
  const { run } = await open(t, [server.origin])
  for (const [index, [name]] of locations.entries()) {
    const init = "{ method: 'POST', body: 'x', headers: { authorization: 'Bearer theirs' } }"
    const { error, message, value } = await run(
      `return (await fetch('${server.origin}/${index}', ${init})).status`,
    )
    // The part before the line break is an address of the same server.
    if (name !== 'with a line break') assert.equal(error, 'TypeError', `${name}: ${message} ${String(value)}`)
  }
  assert.deepEqual([inner.connections(), other.connections()], [0, 0])
  assert.ok(server.hits.every((request) => request.headers['x-injected'] === undefined))
  record({
    id: 'SSRF-redirect',
    area: 'egress',
    title: `${locations.length} redirects of a granted server`,
    culprit: 'TypeError, nothing asked there',
  })
})

test('SSRF the runtime itself is asked by no plugin, under any of its names', async (t) => {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const own = [
    '127.0.0.1',
    '127.0.0.2',
    'localhost',
    'asking.localhost',
    '[::1]',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '2130706433',
  ]
  const hosts = [...own, ...addresses.filter(({ family }) => family === 'IPv4').map(({ address }) => address)]
  const runtime = await startTestRuntime(t)
  const port = await listenFor(t, runtime)
  const origins = [...new Set(hosts.map((host) => URL.parse(`http://${host}:${port}`)?.origin ?? ''))]
  await install(runtime, { id: 'asking', backend: RUN, manifest: { permissions: { network: origins } } })
  const run = runner(runtime)
  for (const origin of origins)
    for (const init of [
      '{}',
      `{ headers: { authorization: 'Bearer ${ADMIN_TOKEN}', host: 'localhost', cookie: 'plugbay-session=x' } }`,
    ]) {
      const { error, message } = await run(`await fetch('${origin}/api/v1/plugins', ${init})`)
      assert.equal(error, 'TypeError', `${origin}: ${message}`)
    }
  record({
    id: 'SSRF-self',
    area: 'egress',
    title: `the runtime by ${origins.length} names and addresses`,
    culprit: 'FETCH_REFUSED',
  })
})

test('SSRF headers of the connection, and what the runtime knows, are not for a plugin to send', async (t) => {
  const server = await startServer(t, (request, response) => {
    request.resume()
    response.end(JSON.stringify(request.rawHeaders))
  })
  const { run } = await open(t, [server.origin])
  process.env.HTTP_PROXY = 'http://127.0.0.1:1'
  t.after(() => delete process.env.HTTP_PROXY)
  const forbidden = [
    'host',
    'connection',
    'content-length',
    'transfer-encoding',
    'te',
    'trailer',
    'upgrade',
    'keep-alive',
    'proxy-authorization',
    'proxy-connection',
    'expect',
    'via',
    'http2-settings',
  ]
  const { value } = await run(
    `return JSON.parse(await (await fetch('${server.origin}/', { method: 'POST', body: 'x', headers: ${JSON.stringify(Object.fromEntries(forbidden.map((name) => [name, 'evil'])))} })).text())`,
  )
  assert.ok(Array.isArray(value))
  assert.ok(!value.includes('evil'), String(value))
  assert.ok(!JSON.stringify(value).includes('pbt_'))
  record({
    id: 'SSRF-headers',
    area: 'egress',
    title: `${forbidden.length} headers of the connection`,
    culprit: 'dropped',
  })
})

test('SSRF a thousand requests at once are sent 32 at a time, and all are answered', async (t) => {
  let open32 = 0
  let most = 0
  const server = await startServer(t, (request, response) => {
    request.resume()
    open32++
    most = Math.max(most, open32)
    setTimeout(() => {
      open32--
      response.end('x')
    }, 5)
  })
  const { run } = await open(t, [server.origin])
  const { value, message } = await run(
    `const all = await Promise.allSettled(Array.from({ length: 1000 }, async () => (await fetch('${server.origin}/')).text()))
     return all.reduce((counts, { status, value, reason }) => { const key = status === 'fulfilled' ? value : (reason.code ?? reason.message); counts[key] = (counts[key] ?? 0) + 1; return counts }, {})`,
  )
  assert.ok(typeof value === 'object' && value !== null, String(message))
  const counts = value as Record<string, number>
  assert.equal(
    Object.values(counts).reduce((sum, count) => sum + count, 0),
    1000,
  )
  assert.ok((counts.x ?? 0) >= 900, JSON.stringify(counts))
  assert.ok(most <= 32, `${most} at once`)
  record({
    id: 'SSRF-flood',
    area: 'egress',
    title: '1,000 requests at once',
    culprit: `${counts.x} answered, ${most} at a time`,
  })
})
