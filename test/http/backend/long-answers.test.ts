// What clients know of an answer before it is there: HEAD, and the length of what streams; and of errors, on pages of other sites.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import {
  backendOf,
  bothWays,
  codeOf,
  install,
  logLines,
  rawRequest,
  startTestRuntime,
  until,
  WAYS,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const BACKEND = backendOf(
  `
  if (url.pathname === '/whole') return new Response('twelve bytes')
  if (url.pathname === '/length') return new Response(null, { headers: { 'content-length': '5000000000' } })
  if (url.pathname === '/stream') {
    const [named, sent] = [url.searchParams.get('named'), Number(url.searchParams.get('sent'))]
    const headers = { 'content-type': 'video/mp4', 'accept-ranges': 'bytes', ...(named !== null && { 'content-length': named }) }
    return new Response(parts(sent), { headers })
  }
  if (url.pathname === '/cors') return new Response('x', { headers: { 'access-control-allow-origin': 'https://shop.example', 'access-control-allow-credentials': 'true' } })
  if (url.pathname === '/throws') throw new Error('no')
  return new Response('?', { status: 404 })`,
  `function parts(count) {
    let sent = 0
    return new ReadableStream({ pull(controller) {
      if (sent >= count) return controller.close()
      const size = Math.min(count - sent, 1000)
      sent += size
      controller.enqueue(new Uint8Array(size))
    } })
  }`,
)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, { id: 'long', backend: BACKEND })
  await install(runtime, { id: 'members', backend: BACKEND, manifest: { access: 'user' } })
})

const PATH = '/plugins/long/api'

bothWays('HEAD has the length of the body, or the one that the plugin names', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const [path, length] of [
    ['/whole', '12'],
    ['/length', '5000000000'],
    ['/stream?sent=10&named=10', '10'],
    ['/stream?sent=10', null],
  ] as const) {
    const response = await client.fetch(PATH + path, { method: 'HEAD' })
    assert.deepEqual([response.headers.get('content-length'), await response.text()], [length, ''], path)
  }
})

bothWays(
  'a stream has the length that the plugin names, so that its reader sees progress',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const response = await client.fetch(`${PATH}/stream?sent=300000&named=300000`)
    assert.equal(response.headers.get('content-length'), '300000')
    assert.equal((await response.arrayBuffer()).byteLength, 300_000)
    for (const named of ['-1', '1e3', '0x10', '', '10, 10']) {
      const plain = await client.fetch(`${PATH}/stream?sent=10&named=${encodeURIComponent(named)}`)
      assert.equal(plain.headers.get('content-length'), null, named)
      assert.equal((await plain.arrayBuffer()).byteLength, 10, named)
    }
  },
)

test('a length that is wrong breaks the answer off, never the next one of the connection, and the author is notified', async (t) => {
  const server = WAYS.find(({ name }) => name === 'server')
  const { origin } = (await server?.open(t, runtime)) ?? assert.fail()
  await assert.rejects(rawRequest(origin, `${PATH}/stream?sent=3000&named=9000`))
  const long = await rawRequest(origin, `${PATH}/stream?sent=9000&named=3000`).then(
    ({ text }) => text.length,
    () => 0,
  )
  assert.ok(long <= 3000, `${long}`)
  await until('the author is notified', async () =>
    (await logLines(runtime, 'long')).some(({ message }) => message.includes('Content-Length says')),
  )
})

bothWays('an error of a public plugin has the CORS header that the plugin gives', async (t, way) => {
  const client = await way.open(t, runtime)
  const ask = async (path: string, origin: string) => {
    const response = await client.fetch(path, { headers: { origin } })
    const { headers } = response
    return {
      code: response.ok ? 'OK' : await codeOf(response),
      allowed: headers.get('access-control-allow-origin'),
      credentials: headers.get('access-control-allow-credentials'),
    }
  }
  const [shop, other] = ['https://shop.example', 'https://other.example']
  assert.equal((await ask(`${PATH}/cors`, shop)).allowed, shop)
  assert.deepEqual(await ask(`${PATH}/throws`, shop), {
    code: 'GUEST_ERROR',
    allowed: shop,
    credentials: 'true',
  })
  assert.deepEqual(await ask(`${PATH}/throws`, other), {
    code: 'GUEST_ERROR',
    allowed: null,
    credentials: null,
  })
  assert.equal((await ask('/plugins/members/api/cors', shop)).allowed, null)
})
