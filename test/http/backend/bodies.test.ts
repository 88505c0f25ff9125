// Methods, bodies and repeated headers between a visitor and a plugin, through both ways in.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import { backendOf, bothWays, install, startTestRuntime } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const ECHO = backendOf(`
  if (url.pathname === '/echo') return new Response(await request.arrayBuffer(), { headers: { 'x-plugin-method': request.method } })
  if (url.pathname === '/method') return new Response(request.method)
  if (url.pathname === '/headers') return Response.json([...request.headers])
  if (url.pathname === '/cookies') {
    const headers = new Headers({ 'x-plugin-many': 'one' })
    headers.append('x-plugin-many', 'two')
    headers.append('set-cookie', 'a=1')
    headers.append('set-cookie', 'b=2; HttpOnly')
    return new Response('ok', { headers })
  }
  if (url.pathname === '/head') return new Response('0123456789', { headers: { 'x-plugin-for': request.method, 'content-type': 'text/plain' } })
  if (url.pathname === '/empty') return new Response(null, { status: 204 })
  if (url.pathname === '/form') return Response.json([...(await request.formData())])
  if (url.pathname === '/json') return Response.json((await request.json()).n + 1)
  if (url.pathname === '/size') return Response.json((await request.arrayBuffer()).byteLength)
  if (url.pathname === '/ignore') return new Response('not read')
  if (url.pathname === '/status') return new Response('s', { status: Number(url.searchParams.get('s')) })
  return new Response('nothing', { status: 404 })
`)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, { id: 'echo', backend: ECHO })
})

const PATH = '/plugins/echo/api'

bothWays('every method reaches the plugin under its name', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE', 'QUERY']) {
    const response = await client.fetch(`${PATH}/method`, { method })
    assert.equal(response.status, 200, method)
    assert.equal(await response.text(), method)
  }
})

for (const size of [0, 1, 1000, 65_536, 65_537, 300_000, 2_000_000]) {
  bothWays(`a binary body of ${size} bytes comes back as it went`, async (t, way) => {
    const client = await way.open(t, runtime)
    const body = new Uint8Array(randomBytes(size))
    const response = await client.fetch(`${PATH}/echo`, { method: 'POST', body })
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('x-plugin-method'), 'POST')
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from(body))
  })
}

bothWays('a body of unknown length comes back as it went', async (t, way) => {
  const client = await way.open(t, runtime)
  const body = new Uint8Array(randomBytes(500_000))
  const stream = new Blob([body]).stream()
  const response = await client.fetch(`${PATH}/echo`, { method: 'PUT', body: stream, duplex: 'half' })
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from(body))
})

bothWays('JSON and forms can be read by the plugin', async (t, way) => {
  const client = await way.open(t, runtime)
  const json = await client.fetch(`${PATH}/json`, { method: 'POST', body: '{"n":41}' })
  assert.equal(await json.json(), 42)
  const form = new FormData()
  form.append('name', 'Ada')
  form.append('name', 'Grace')
  const sent = await client.fetch(`${PATH}/form`, { method: 'POST', body: form })
  assert.deepEqual(await sent.json(), [
    ['name', 'Ada'],
    ['name', 'Grace'],
  ])
})

bothWays('repeated headers and cookies stay apart in the answer', async (t, way) => {
  const client = await way.open(t, runtime)
  const { headers } = await client.fetch(`${PATH}/cookies`)
  assert.equal(headers.get('x-plugin-many'), 'one, two')
  assert.deepEqual(headers.getSetCookie(), [
    'plugbay.echo.a=1; Path=/plugins/echo/',
    'plugbay.echo.b=2; HttpOnly; Path=/plugins/echo/',
  ])
})

bothWays('repeated headers and cookies of the request arrive', async (t, way) => {
  const client = await way.open(t, runtime)
  const headers = new Headers({ cookie: 'plugbay.echo.a=1; plugbay.echo.b=2' })
  headers.append('x-plugin-many', 'one')
  headers.append('x-plugin-many', 'two')
  const seen = new Map(
    (await (await client.fetch(`${PATH}/headers`, { headers })).json()) as [string, string][],
  )
  assert.equal(seen.get('x-plugin-many'), 'one, two')
  assert.equal(seen.get('cookie'), 'a=1; b=2')
})

bothWays('HEAD runs the plugin and answers without a body', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch(`${PATH}/head`, { method: 'HEAD' })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('x-plugin-for'), 'HEAD')
  assert.equal(response.headers.get('content-type'), 'text/plain')
  assert.equal(await response.text(), '')
})

bothWays('answers without a body have none', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch(`${PATH}/empty`)
  assert.equal(response.status, 204)
  assert.equal(await response.text(), '')
})

bothWays('every status that a plugin may give passes', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const status of [200, 201, 202, 299, 301, 400, 401, 403, 404, 418, 429, 500, 503, 599]) {
    const response = await client.fetch(`${PATH}/status?s=${status}`)
    assert.equal(response.status, status)
    await response.arrayBuffer()
  }
})

bothWays('a body over the cap is refused with 413, announced or not', async (t, way) => {
  const client = await way.open(t, runtime)
  const body = new Uint8Array(10_000_001)
  const announced = await client.fetch(`${PATH}/size`, { method: 'POST', body })
  assert.equal(announced.status, 413)
  await announced.text()
  const streamed = await client.fetch(`${PATH}/size`, {
    method: 'POST',
    body: new Blob([body]).stream(),
    duplex: 'half',
  })
  assert.equal(streamed.status, 413)
  await streamed.text()
  const after = await client.fetch(`${PATH}/method`)
  assert.equal(await after.text(), 'GET')
})

bothWays(
  'a plugin that does not read a large body still answers, and the next request too',
  async (t, way) => {
    const client = await way.open(t, runtime)
    for (let round = 0; round < 5; round++) {
      const response = await client.fetch(`${PATH}/ignore`, {
        method: 'POST',
        body: new Uint8Array(3_000_000),
      })
      assert.equal(await response.text(), 'not read')
    }
    const big = await client.fetch(`${PATH}/size`, { method: 'POST', body: new Uint8Array(3_000_000) })
    assert.equal(await big.json(), 3_000_000)
  },
)
