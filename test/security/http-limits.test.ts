// Requests that are too large (U1) or have too much of a head (U6): refused before they cost anything.

import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Runtime } from '../../runtime/runtime.ts'
import { backendOf, install, pluginZip, startTestRuntime, until } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { record } from './helpers/record.ts'
import { AUTHORIZED, chunkOf, exchange, head, listenFor, openWire, statusOf } from './helpers/wire.ts'

const ZIP = { 'Content-Type': 'application/zip' } as const
const JSON_BODY = { 'Content-Type': 'application/json' } as const
const MAX_ARCHIVE = 1_000_000

/** The begin of a form whose file has no end, as one chunk. */
const PART = ((text: string) => `${text.length.toString(16)}\r\n${text}\r\n`)(
  '--x\r\ncontent-disposition: form-data; name="package"; filename="../../x.zip"\r\n\r\n',
)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, {
    config: {
      packages: {
        maxArchiveBytes: MAX_ARCHIVE,
        maxInflatedBytes: 10_000_000,
        maxEntries: 5000,
        maxRatio: 200,
        maxCodeBytes: 1_000_000,
      },
      limits: { maxRequestBytes: MAX_ARCHIVE },
    },
  })
  await install(runtime, {
    id: 'eater',
    backend: backendOf('return Response.json((await request.arrayBuffer()).byteLength)'),
  })
})

const staged = () => readdir(runtime.store.paths.staging)
const stagedBytes = async () => {
  const sizes = (await staged()).map((name) =>
    stat(join(runtime.store.paths.staging, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

const PLACES = [
  ['upload', '/api/v1/plugins', { ...AUTHORIZED, ...ZIP }],
  ['inspect', '/api/v1/packages/inspect', { ...AUTHORIZED, ...ZIP }],
  ['form', '/api/v1/plugins', { ...AUTHORIZED, 'Content-Type': 'multipart/form-data; boundary=x' }],
  ['json', '/api/v1/tokens', { ...AUTHORIZED, ...JSON_BODY }],
  ['plugin', '/plugins/eater/api/', {}],
] as const

test('U1 a Content-Length over the limit is 413 before a byte of the body has come', async (t) => {
  const port = await listenFor(t, runtime)
  for (const [name, path, headers] of PLACES) {
    for (const length of ['1100000', '9000000000', '9007199254740991']) {
      const wire = await openWire(t, port)
      wire.send(head(`POST ${path}`, { ...headers, 'Content-Length': length }))
      await until(`an answer to ${name}`, () => wire.text().includes('\r\n\r\n'))
      assert.equal(statusOf(wire.text()), 413, `${name} ${length}: ${wire.text()}`)
      wire.socket.destroy()
    }
  }
  record({
    id: 'U1-declared',
    area: 'http',
    title: 'a Content-Length over the limit',
    culprit: '413, nothing read',
  })
})

test('U1 chunks without end are 413, the connection is closed, and the disk is not filled', async (t) => {
  const port = await listenFor(t, runtime, { lingerBytes: 2_000_000, bodyWindowMs: 500 })
  for (const [name, path, headers] of PLACES) {
    const wire = await openWire(t, port)
    wire.send(head(`POST ${path}`, { ...headers, 'Transfer-Encoding': 'chunked' }))
    if (name === 'form') wire.send(PART)
    const filler = chunkOf(65_536)
    let most = 0
    const timer = setInterval(() => {
      for (let count = 0; count < 8 && !wire.socket.writableNeedDrain; count++) wire.send(filler)
      void stagedBytes().then((bytes) => {
        most = Math.max(most, bytes)
      })
    }, 5)
    const answer = await wire.ended
    clearInterval(timer)
    assert.equal(statusOf(answer), 413, `${name}: ${answer}`)
    assert.ok(most <= MAX_ARCHIVE + 65_536, `${name}: ${most} bytes were on the disk`)
  }
  await until('the staging folder is empty', async () => (await staged()).length === 0)
  record({
    id: 'U1-chunked',
    area: 'http',
    title: 'a body in chunks without end',
    culprit: '413, closed, nothing kept',
  })
})

test('U1 a Content-Length that lies makes no second request, and no hang', async (t) => {
  const port = await listenFor(t, runtime, { bodyWindowMs: 500 })
  const zip = Buffer.from(pluginZip({ id: 'lied', backend: 'export default {}' }))
  const post = (length: number, body: Uint8Array) =>
    exchange(
      t,
      port,
      Buffer.concat([
        Buffer.from(head('POST /api/v1/plugins', { ...AUTHORIZED, ...ZIP, 'Content-Length': length })),
        body,
      ]),
    )
  const short = await post(zip.length - 50, zip)
  assert.equal(statusOf(short), 400, 'the rest is no request')
  assert.equal(statusOf(await post(zip.length + 50, zip)), 408)
  assert.equal((await runtime.plugins.list()).length, 1)
  record({ id: 'U1-lying', area: 'http', title: 'a Content-Length that lies', culprit: '400 or 408, closed' })
})

test('U1 "Expect: 100-continue" is answered by 100 only where the body is wanted', async (t) => {
  const port = await listenFor(t, runtime)
  const expect = async (path: string, headers: Record<string, string | number>) => {
    const wire = await openWire(t, port)
    wire.send(head(`POST ${path}`, { Expect: '100-continue', ...headers }))
    await until(`an answer of ${path}`, () => wire.text().includes('\r\n\r\n'))
    return wire
  }
  const zip = pluginZip({ id: 'expected', backend: backendOf('return new Response("x")') })
  const good = { ...AUTHORIZED, ...ZIP, 'Content-Length': zip.length }
  for (const [path, headers, status] of [
    ['/api/v1/plugins', { ...ZIP, 'Content-Length': 1000 }, 401],
    ['/api/v1/plugins', { ...good, 'Content-Length': 2_000_000 }, 413],
    ['/api/v1/plugins', { ...good, 'Content-Type': 'text/html' }, 415],
    ['/api/v1/plugins', { ...good, Host: 'evil.test' }, 421],
    ['/plugins/eater/api/', { 'Content-Length': 2_000_000 }, 413],
    ['/plugins/none/api/', { 'Content-Length': 10 }, 404],
    ['/plugins/eater/', { 'Content-Length': 10 }, 405],
    ['/nothing', { 'Content-Length': 10 }, 404],
  ] as const) {
    const answer = await (await expect(path, headers)).ended
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), path)
    assert.doesNotMatch(answer, /100 Continue/)
  }
  const upload = await expect('/api/v1/plugins', { ...good, Connection: 'close' })
  assert.match(upload.text(), /^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  upload.send(zip)
  assert.equal(statusOf(await upload.ended), 201)
  const asked = await expect('/plugins/eater/api/', { 'Content-Length': 5, Connection: 'close' })
  assert.match(asked.text(), /^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  asked.send('abcde')
  assert.match(await asked.ended, /\r\n\r\n5$/)
  const odd = await exchange(
    t,
    port,
    head('POST /plugins/eater/api/', { Expect: '200-ok', Connection: 'close' }),
  )
  assert.equal(statusOf(odd), 417)
  record({
    id: 'U1-expect',
    area: 'http',
    title: '"Expect: 100-continue" before a refusal',
    culprit: '401 to 421, never 100',
  })
})

test('U1 a compressed body is refused by the runtime, and given to a plugin as it is', async (t) => {
  const port = await listenFor(t, runtime)
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  const post = (path: string, headers: Record<string, string | number>) =>
    exchange(
      t,
      port,
      Buffer.concat([
        Buffer.from(
          head(`POST ${path}`, {
            ...headers,
            'Content-Encoding': 'gzip',
            'Content-Length': bomb.length,
            Connection: 'close',
          }),
        ),
        bomb,
      ]),
    )
  for (const [name, path, headers] of PLACES.slice(0, 4))
    assert.equal(statusOf(await post(path, headers)), 415, name)
  assert.match(await post('/plugins/eater/api/', {}), new RegExp(`\\r\\n\\r\\n${bomb.length}$`))
  record({
    id: 'U1-gzip',
    area: 'http',
    title: 'a gzip bomb as a body',
    culprit: '415; a plugin gets it packed',
  })
})

test('U6 a flood of headers is 431, a long address 414 or 431, and the next client is served', async (t) => {
  const port = await listenFor(t, runtime)
  const many = (count: number) => Array.from({ length: count }, (_, index) => `A${index}: 1\r\n`).join('')
  const cases: readonly (readonly [name: string, request: string, status: number])[] = [
    ['one header of 17 kB', head('GET /plugins/eater/api/', { 'X-Long': 'x'.repeat(17_000) }), 431],
    ['a name of 17 kB', head('GET /plugins/eater/api/', { ['x'.repeat(17_000)]: '1' }), 431],
    [
      '8 MB of Authorization',
      head('GET /api/v1/plugins', { Authorization: `Bearer ${'x'.repeat(8_000_000)}` }),
      431,
    ],
    ['8 MB of cookies', head('GET /admin/', { Cookie: 'x='.repeat(4_000_000) }), 431],
    ['2,000 headers', `GET /plugins/eater/api/ HTTP/1.1\r\nHost: localhost\r\n${many(2000)}\r\n`, 431],
    ['201 headers', `GET /plugins/eater/api/ HTTP/1.1\r\nHost: localhost\r\n${many(200)}\r\n`, 431],
    [
      '2,001 short headers, the last a credential',
      `GET /api/v1/plugins HTTP/1.1\r\nHost: localhost\r\n${'A:\r\n'.repeat(2001)}Origin: http://evil.test\r\n\r\n`,
      431,
    ],
    ['an address of 8,001 characters', head(`GET /plugins/eater/api/${'x'.repeat(7982)}`), 414],
    ['a query of 10,000 characters', head(`GET /admin/?${'x'.repeat(10_000)}`), 414],
    ['an address of 100,000 characters', head(`GET /${'x'.repeat(100_000)}`), 431],
  ]
  for (const [name, request, status] of cases) {
    const answer = await exchange(t, port, request)
    assert.equal(statusOf(answer), status, name)
    assert.match(answer, /application\/problem\+json/, name)
  }
  const fits = `GET /plugins/eater/api/${'x'.repeat(7000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${many(150)}\r\n`
  assert.equal(statusOf(await exchange(t, port, fits)), 200)
  record({
    id: 'U6',
    area: 'http',
    title: 'header floods and addresses without end',
    culprit: '431 or 414, closed',
  })
})
