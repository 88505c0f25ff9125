// Bodies that stream both ways: in bounded memory, at the pace of the reader, and ended when the reader goes away.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Runtime } from '../../../runtime/runtime.ts'
import {
  backendOf,
  bothWays,
  install,
  logLines,
  startTestRuntime,
  until,
  WAYS,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const BACKEND = backendOf(
  `
  switch (url.pathname) {
    case '/through': return new Response(request.body)
    case '/count': { let n = 0, chunks = 0; for await (const chunk of request.body) { n += chunk.byteLength; chunks++ } return Response.json({ n, chunks }) }
    case '/many': {
      const total = Number(url.searchParams.get('bytes'))
      let sent = 0
      made = 0
      return new Response(new ReadableStream({
        pull(controller) {
          if (sent >= total) return controller.close()
          const piece = new Uint8Array(Math.min(50_000, total - sent)).fill(sent / 50_000)
          sent += piece.byteLength
          made = sent
          controller.enqueue(piece)
        },
        cancel() { console.log('stream cancelled') },
      }))
    }
    case '/made': return Response.json(made)
    case '/wait': {
      request.signal.addEventListener('abort', () => console.log('aborted ' + request.signal.reason?.name))
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
      return new Response('late')
    }
    case '/events': {
      request.signal.addEventListener('abort', () => console.log('events aborted'))
      ctx.signal.addEventListener('abort', () => console.log('context aborted'))
      let timer
      return new Response(new ReadableStream({
        start(controller) { timer = setInterval(() => controller.enqueue(new TextEncoder().encode('data: x\\n\\n')), 20) },
        cancel() { clearInterval(timer); console.log('events cancelled') },
      }), { headers: { 'content-type': 'text/event-stream' } })
    }
    case '/breaks': return new Response(new ReadableStream({
      pull(controller) { if (!this.begun) { this.begun = true; controller.enqueue(new TextEncoder().encode('begin')) } else controller.error(new Error('broken off')) },
    }))
    case '/endless': return new Response(new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(65536)) } }))
    case '/drip': { const reader = request.body.getReader(); await reader.read(); await reader.cancel(); return new Response('enough') }
  }
  return new Response('fine')`,
  'let made = 0',
)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, { config: { limits: { maxRequestBytes: 50_000_000 } } })
  await install(runtime, { id: 'flow', backend: BACKEND })
})

const PATH = '/plugins/flow/api'
const PIECE = 50_000
const TOTAL = 20_000_000

function source(total: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0
  return new ReadableStream({
    pull(controller) {
      if (sent >= total) return controller.close()
      controller.enqueue(new Uint8Array(PIECE).fill(sent / PIECE))
      sent += PIECE
    },
  })
}

async function said(pattern: RegExp, since: number) {
  return await until(`the plugin says ${pattern}`, async () =>
    (await logLines(runtime, 'flow')).find(({ seq, message }) => seq > since && pattern.test(message)),
  )
}

async function lastSeq(): Promise<number> {
  return (await logLines(runtime, 'flow')).at(-1)?.seq ?? 0
}

bothWays('20 MB go through a plugin and come back whole', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch(`${PATH}/through`, {
    method: 'POST',
    body: source(TOTAL),
    duplex: 'half',
  })
  assert.equal(response.status, 200)
  let received = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    assert.equal(chunk[0], Math.floor(received / PIECE) % 256, `at ${received}`)
    received += chunk.byteLength
  }
  assert.equal(received, TOTAL)
})

bothWays('20 MB are counted by a plugin that may hold less', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch(`${PATH}/count`, {
    method: 'POST',
    body: source(TOTAL),
    duplex: 'half',
  })
  const { n, chunks } = (await response.json()) as { n: number; chunks: number }
  assert.equal(n, TOTAL)
  assert.ok(chunks > 100)
})

bothWays('a plugin makes no more than the reader takes', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch(`${PATH}/many?bytes=${TOTAL}`)
  const reader = response.body?.getReader()
  assert.ok(reader)
  await reader.read()
  let before = -1
  // Buffers of the sockets between fill first: then it stands still, far from the end.
  await until('it stands still', async () => {
    const made = (await (await client.fetch(`${PATH}/made`)).json()) as number
    const still = made === before
    before = made
    await new Promise((resolve) => setTimeout(resolve, 150))
    return still
  })
  assert.ok(before < TOTAL / 2, `${before} of ${TOTAL}`)
  let rest = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    rest += value.byteLength
  }
  assert.ok(rest > TOTAL / 2)
})

test('45 MB through a plugin do not grow the runtime', async (t) => {
  const [server] = WAYS
  const client = await server?.open(t, runtime)
  assert.ok(client)
  // What the collector has not come to yet says nothing: it is called before each look.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const before = process.memoryUsage().arrayBuffers
  const response = await client.fetch(`${PATH}/through`, {
    method: 'POST',
    body: source(45_000_000),
    duplex: 'half',
  })
  const held: number[] = []
  let received = 0
  let looked = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    received += chunk.byteLength
    if (received - looked < 2_000_000) continue
    looked = received
    collect()
    held.push(process.memoryUsage().arrayBuffers - before)
  }
  assert.equal(received, 45_000_000)
  // The memory of buffers is given back on a thread of its own: some looks come too early, most do not.
  const [median = Number.NaN] = held.toSorted((a, b) => a - b).slice(held.length / 2)
  assert.ok(median < 8_000_000, `${held.join(' ')} bytes`)
})

for (const name of ['server', 'app'] as const)
  test(`a visitor who disconnects aborts the request in the plugin (${name})`, async (t) => {
    const way = WAYS.find((each) => each.name === name)
    const client = await way?.open(t, runtime)
    assert.ok(client)
    const since = await lastSeq()
    const leave = new AbortController()
    const waiting = client.fetch(`${PATH}/wait`, { signal: leave.signal })
    // The server rejects; the app has no client left to respond to.
    const settled = name === 'server' ? assert.rejects(waiting) : waiting.catch(() => undefined)
    await until('it waits', async () => (await runtime.plugins.get('flow')).state === 'running')
    await new Promise((resolve) => setTimeout(resolve, 200))
    leave.abort()
    await said(/^aborted AbortError$/, since)
    if (name === 'server') await settled
  })

bothWays('a visitor who leaves a stream ends it in the plugin', async (t, way) => {
  const client = await way.open(t, runtime)
  const since = await lastSeq()
  const leave = new AbortController()
  const response = await client.fetch(`${PATH}/events`, { signal: leave.signal })
  const reader = response.body?.getReader()
  assert.match(new TextDecoder().decode((await reader?.read())?.value), /^data: x/)
  await reader?.cancel()
  leave.abort()
  await said(/^events cancelled$/, since)
  await said(/^events aborted$/, since)
  await said(/^context aborted$/, since)
})

bothWays('HEAD of a streaming answer ends the stream, and leaves nothing open', async (t, way) => {
  const client = await way.open(t, runtime)
  // More often than requests may be in flight.
  for (let round = 0; round < 130; round++) {
    const response = await client.fetch(`${PATH}/endless`, { method: 'HEAD' })
    assert.equal(response.status, 200, `round ${round}`)
  }
  assert.equal(await (await client.fetch(`${PATH}/fine`)).text(), 'fine')
})

bothWays('a stream that breaks is a broken answer, not a short one', async (t, way) => {
  const client = await way.open(t, runtime)
  const since = await lastSeq()
  const response = await client.fetch(`${PATH}/breaks`)
  await assert.rejects(response.text())
  await said(/broken off/, since)
})

bothWays('a plugin that has read enough of a body answers', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch(`${PATH}/drip`, {
    method: 'POST',
    body: source(5_000_000),
    duplex: 'half',
  })
  assert.equal(await response.text(), 'enough')
  assert.equal(await (await client.fetch(`${PATH}/fine`)).text(), 'fine')
})

test('an answer over the cap is broken off', async (t) => {
  const small = await startTestRuntime(t, { config: { limits: { maxResponseBytes: 1_000_000 } } })
  await install(small, { id: 'flow', backend: BACKEND })
  for (const way of WAYS) {
    const client = await way.open(t, small)
    const response = await client.fetch(`${PATH}/endless`)
    await assert.rejects(response.arrayBuffer(), way.name)
  }
})
