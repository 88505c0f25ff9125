// Requests of plugins to where they must not get: every form of the list beside the project, against listeners that count.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { startServer } from '../egress/servers.ts'
import { backendOf, install, startTestRuntime } from '../support/runtime.ts'
import { record } from './helpers/record.ts'

const LIST = '../shared/corpus/payloads/own-ssrf-targets.json'

type Targets = Readonly<
  Record<'direct' | 'unicode' | 'parser' | 'schemes' | 'redirect' | 'dns', readonly string[]>
>

/** Asks for each address in turn; gives the name of the error, or the status. */
const ASKING = backendOf(`
  const outcomes = []
  for (const target of await request.json()) {
    try { outcomes.push((await fetch(target, { method: 'POST', body: 'x', headers: { authorization: 'Bearer x' } })).status) }
    catch (error) { outcomes.push(error.name) }
  }
  return Response.json(outcomes)`)

/** Listens on every loopback address, IPv6 too where the machine has it. */
async function listenEverywhere(): Promise<{ port: number; connections: () => number; close: () => void }> {
  let count = 0
  const servers: Server[] = []
  const listen = async (host: string, port: number): Promise<number> => {
    const server = createServer((socket) => {
      count++
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhit')
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
    servers.push(server)
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
  const port = await listen('0.0.0.0', 0)
  await listen('::1', port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRNOTAVAIL' && error.code !== 'EAFNOSUPPORT') throw error
  })
  return {
    port,
    connections: () => count,
    close: () => {
      for (const server of servers) server.close()
    },
  }
}

function readTargets(): Targets | undefined {
  if (existsSync(LIST)) return JSON.parse(readFileSync(LIST, 'utf8')) as Targets
  assert.ok(process.env.CI !== 'true', 'the list of targets is missing')
  return undefined
}

test('no form of an inner address is reached by a plugin that was granted another origin', async (t) => {
  const targets = readTargets()
  if (targets === undefined) return t.skip('the list of targets is not beside the project')
  const inner = await listenEverywhere()
  t.after(() => inner.close())
  const runtime = await startTestRuntime(t, {
    network: { resolve: async () => [{ address: '127.0.0.1', family: 4 }] },
  })
  const allowed = ['http://allowed.test', `http://allowed.test:${inner.port}`]
  await install(runtime, {
    id: 'asking',
    backend: ASKING,
    manifest: { permissions: { network: allowed } },
  })
  const forms = [...targets.direct, ...targets.unicode, ...targets.parser, ...targets.schemes, ...allowed]
  assert.ok(forms.length >= 65)
  const urls = forms.map((form) => form.replaceAll('PORT', String(inner.port)))
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/asking/api/', {
    method: 'POST',
    body: JSON.stringify(urls),
  })
  const outcomes = (await response.json()) as unknown[]
  for (const [index, outcome] of outcomes.entries()) {
    // An address that is its own answer leads nowhere.
    const isItself = urls[index]?.startsWith('data:') === true && outcome === 200
    assert.ok(isItself || outcome === 'TypeError', `${forms[index]} gives ${outcome}`)
  }
  assert.equal(outcomes.length, forms.length)
  assert.equal(inner.connections(), 0)
  record({
    id: 'SSRF-forms',
    area: 'egress',
    title: `${forms.length} forms of inner addresses`,
    culprit: 'TypeError, no connection',
  })
})

test('no name that leads to an inner address is reached, although the name itself was granted', async (t) => {
  const inner = await listenEverywhere()
  t.after(() => inner.close())
  const runtime = await startTestRuntime(t)
  const granted = ['localhost', 'localhost.', 'ip6-localhost'].map((name) => `http://${name}:${inner.port}`)
  await install(runtime, { id: 'asking', backend: ASKING, manifest: { permissions: { network: granted } } })
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/asking/api/', {
    method: 'POST',
    body: JSON.stringify(granted),
  })
  assert.deepEqual(await response.json(), ['TypeError', 'TypeError', 'TypeError'])
  assert.equal(inner.connections(), 0)
})

test('no redirect of a granted server leads to an inner address', async (t) => {
  const targets = readTargets()
  if (targets === undefined) return t.skip('the list of targets is not beside the project')
  const inner = await listenEverywhere()
  t.after(() => inner.close())
  const forms = [...targets.direct, ...targets.unicode, ...targets.parser, ...targets.schemes]
  const locations = [
    ...forms.map((form) => form.replaceAll('PORT', String(inner.port))),
    `//127.0.0.1:${inner.port}/`,
    `http://127.0.0.1:${inner.port}/`,
  ]
  const server = await startServer(t, (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x')
    const location = Buffer.from(locations[Number(pathname.slice(1))] ?? '').toString('latin1')
    request.resume()
    // Written by hand: Node would refuse some of these, and a hostile server does not ask Node.
    request.socket.end(
      `HTTP/1.1 307 Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      'latin1',
    )
    void response
  })
  const runtime = await startTestRuntime(t)
  await install(runtime, {
    id: 'asking',
    backend: ASKING,
    manifest: { permissions: { network: [server.origin] } },
  })
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/asking/api/', {
    method: 'POST',
    body: JSON.stringify(locations.map((_, index) => `${server.origin}/${index}`)),
  })
  const outcomes = (await response.json()) as unknown[]
  for (const [index, outcome] of outcomes.entries())
    assert.equal(outcome, 'TypeError', String(locations[index]))
  assert.ok(server.hits.length >= locations.length)
  assert.equal(inner.connections(), 0)
  record({
    id: 'SSRF-location',
    area: 'egress',
    title: `redirects to ${locations.length} forms of inner addresses`,
    culprit: 'TypeError, no connection',
  })
})
