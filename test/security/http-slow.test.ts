// Slow senders and readers (U2): they get 408 or lose the connection, while everyone else is served.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { before, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { ADMIN_TOKEN, backendOf, install, pluginZip, startTestRuntime, until } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { record } from './helpers/record.ts'
import { AUTHORIZED, chunkOf, head, listenFor, openWire, statusOf, type Wire } from './helpers/wire.ts'

const BACKEND = backendOf(`
  if (url.pathname === '/late') await new Promise((resolve) => setTimeout(resolve, 2500))
  if (url.pathname === '/endless') {
    const piece = new Uint8Array(65536)
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(piece) }))
  }
  let size = 0
  for await (const chunk of request.body ?? []) size += chunk.byteLength
  return Response.json(size)`)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, {
    config: {
      packages: {
        maxArchiveBytes: 120_000_000,
        maxInflatedBytes: 200_000_000,
        maxEntries: 5000,
        maxRatio: 200,
        maxCodeBytes: 20_000_000,
      },
      limits: { maxRequestBytes: 30_000_000, deadlineMs: 60_000 },
    },
  })
  await install(runtime, { id: 'slow', backend: BACKEND })
})

const ZIP = { 'Content-Type': 'application/zip' } as const
const staged = () => readdir(runtime.store.paths.staging)

/** 100 connections that send a byte now and then, while `meanwhile` runs; resolves with the responses that they got. */
async function drip(
  wires: readonly Wire[],
  piece: (index: number) => string,
  meanwhile: () => Promise<void>,
): Promise<number[]> {
  let count = 0
  const timer = setInterval(() => {
    count++
    for (const wire of wires) wire.send(piece(count))
  }, 50)
  try {
    await meanwhile()
    const answers = await Promise.all(wires.map((wire) => wire.ended))
    return answers.map(statusOf)
  } finally {
    clearInterval(timer)
  }
}

/** A whole upload of some size, from a client like any other. */
async function uploadBeside(port: number, id: string): Promise<void> {
  const zip = pluginZip({
    id,
    backend: backendOf('return new Response("x")'),
    files: { 'frontend/large.bin': crypto.getRandomValues(new Uint8Array(65_536)) },
  })
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/plugins`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip', authorization: `Bearer ${ADMIN_TOKEN}` },
    body: zip,
  })
  assert.equal(response.status, 201, await response.text())
}

test('U2 headers that come byte by byte end with 408, and an upload beside them does not notice', async (t) => {
  const port = await listenFor(t, runtime, { headersMs: 1500 })
  const wires = await Promise.all(Array.from({ length: 100 }, () => openWire(t, port)))
  for (const wire of wires) wire.send('GET /plugins/slow/api/ HTTP/1.1\r\nHost: localhost\r\nX-A: ')
  const told = await drip(
    wires,
    (index) => (index % 9 === 0 ? '\r\nX-Y:' : 'a'),
    () => uploadBeside(port, 'beside-headers'),
  )
  assert.deepEqual([...new Set(told)], [408])
  record({
    id: 'U2-headers',
    area: 'http',
    title: '100 connections that send headers byte by byte',
    culprit: '408, closed',
    neighbour: { requests: 1, failed: 0 },
  })
})

for (const [name, path, headers] of [
  ['an upload', '/api/v1/plugins', { ...AUTHORIZED, ...ZIP }],
  ['a request to a plugin', '/plugins/slow/api/', {}],
  ['a form', '/api/v1/plugins', { ...AUTHORIZED, 'Content-Type': 'multipart/form-data; boundary=x' }],
  ['a sign-in', '/api/v1/session', { 'Content-Type': 'application/json' }],
] as const)
  test(`U2 the body of ${name} that comes byte by byte ends with 408, with and without a length`, async (t) => {
    const port = await listenFor(t, runtime, { bodyWindowMs: 1000 })
    const open = async (extra: Record<string, string>) => {
      const wire = await openWire(t, port)
      wire.send(head(`POST ${path}`, { ...headers, ...extra }))
      return wire
    }
    const sized = await Promise.all(Array.from({ length: 50 }, () => open({ 'Content-Length': '400000' })))
    const chunked = await Promise.all(
      Array.from({ length: 50 }, () => open({ 'Transfer-Encoding': 'chunked' })),
    )
    const id = `beside-${name.replaceAll(' ', '-')}`
    const [told, toldChunked] = await Promise.all([
      drip(
        sized,
        () => 'x',
        () => uploadBeside(port, id),
      ),
      drip(
        chunked,
        () => '1\r\nx\r\n',
        async () => undefined,
      ),
    ])
    assert.deepEqual([...new Set([...told, ...toldChunked])], [408])
    await until('the staging folder is empty', async () => (await staged()).length === 0)
    record({
      id: `U2-body ${path}`,
      area: 'http',
      title: `100 bodies of ${name}, byte by byte`,
      culprit: '408, closed',
      neighbour: { requests: 1, failed: 0 },
    })
  })

test('U2 an unread body is drained for a limited time only', async (t) => {
  const port = await listenFor(t, runtime, { lingerMs: 500 })
  const wire = await openWire(t, port)
  wire.send(head('POST /plugins/none/api/', { 'Transfer-Encoding': 'chunked' }))
  const timer = setInterval(() => wire.send('1\r\nx\r\n'), 50)
  t.after(() => clearInterval(timer))
  assert.equal(statusOf(await wire.ended), 404)
  record({
    id: 'U2-unwanted',
    area: 'http',
    title: 'a body that goes on after its answer',
    culprit: '404, closed',
  })
})

test('U2 an upload of 100 MB that makes progress is never cut, however long it takes', async (t) => {
  const port = await listenFor(t, runtime, { bodyWindowMs: 500, headersMs: 1000 })
  const wire = await openWire(t, port)
  const size = 100_000_000
  wire.send(
    head('POST /api/v1/packages/inspect', {
      ...AUTHORIZED,
      ...ZIP,
      'Content-Length': size,
      Connection: 'close',
    }),
  )
  const piece = Buffer.alloc(size / 50, 0x50)
  for (let count = 0; count < 50; count++) {
    await new Promise((resolve) => wire.socket.write(piece, resolve))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const answer = await wire.ended
  assert.equal(statusOf(answer), 200)
  assert.match(answer, /ARCHIVE_NOT_ZIP/)
  assert.deepEqual(await staged(), [])
  record({
    id: 'U2-progress',
    area: 'http',
    title: '100 MB in 50 pieces, over many windows',
    culprit: 'taken: it is not culprit',
  })
})

test('U2 a client that waits for the plugin to read does not count as slow', async (t) => {
  const port = await listenFor(t, runtime, { bodyWindowMs: 300 })
  const response = await fetch(`http://127.0.0.1:${port}/plugins/slow/api/late`, {
    method: 'POST',
    body: new Uint8Array(20_000_000),
  })
  assert.equal(response.status, 200)
  assert.equal(await response.json(), 20_000_000)
  record({
    id: 'U2-held-back',
    area: 'http',
    title: 'a body that its plugin reads late',
    culprit: 'taken: it is not culprit',
  })
})

test('U2 a client that does not read its response is disconnected', async (t) => {
  const port = await listenFor(t, runtime, { unreadMs: 1000 })
  const wire = await openWire(t, port)
  wire.socket.pause()
  wire.send(head('GET /plugins/slow/api/endless'))
  // A paused socket does not see its end: the server's side tells of it by refusing what is sent.
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => wire.send(chunkOf(1)), 200)
    wire.socket.once('error', () => {
      clearInterval(timer)
      resolve()
    })
  })
  record({ id: 'U2-unread', area: 'http', title: 'an endless answer that nobody reads', culprit: 'closed' })
})
