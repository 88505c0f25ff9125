// More requests than a plugin may have in flight: which wait, which are refused, and what happens to waiting ones when the
// plugin is replaced, crashes or is stopped. Responses are counted; their times do not matter here.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Runtime, RuntimeOptions } from '../../runtime/runtime.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  bothWays,
  type Client,
  type ClientInit,
  codeOf,
  install,
  type PluginSource,
  startTestRuntime,
  until,
  WAYS,
  type Way,
} from '../support/runtime.ts'
import { socketBackend, visit } from '../support/sockets.ts'

const [SERVER] = WAYS

interface House {
  readonly runtime: Runtime
  readonly client: Client
}

async function start(
  t: TestContext,
  config: RuntimeOptions['config'] = {},
  way: Way | undefined = SERVER,
): Promise<House> {
  assert.ok(way)
  const runtime = await startTestRuntime(t, { config })
  return { runtime, client: await way.open(t, runtime) }
}

/** `/hold` is never answered; whatever else is asked, is: with the version and how many have been answered so far. */
function gate(version = '1.0.0'): PluginSource {
  const backend = backendOf(
    `if (url.pathname === '/hold') await new Promise(() => {})
     const body = await request.text()
     seen.push(url.pathname)
     return Response.json({ version: '${version}', body: body.length, seen })`,
    'const seen = []',
  )
  return { id: 'gate', version, backend }
}

/** Takes one place until the function is called: a client that leaves gives it back. */
async function hold({ runtime, client }: House, id = 'gate'): Promise<() => void> {
  const leaving = new AbortController()
  client.fetch(`/plugins/${id}/api/hold`, { signal: leaving.signal }).catch(() => undefined)
  await until('it is held', async () => (await runtime.plugins.get(id)).resources.requestsInFlight === 1)
  return () => leaving.abort()
}

/** As /metrics tells: of one plugin, and the memory of all who wait. */
async function queueOf(client: Client, id: string) {
  const response = await client.fetch('/metrics', { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  assert.equal(response.status, 200)
  const lines = (await response.text()).split('\n').map((line) => line.split(' '))
  const read = (series: string) => Number(lines.find(([name]) => name === series)?.[1])
  return {
    waiting: read(`plugbay_plugin_requests_waiting{plugin="${id}"}`),
    queued: read(`plugbay_plugin_requests_queued_total{plugin="${id}"}`),
    refused: read(`plugbay_plugin_requests_refused_total{plugin="${id}"}`),
    bytes: read('plugbay_waiting_requests_bytes'),
  }
}

function untilWaiting(client: Client, count: number, id = 'gate'): Promise<unknown> {
  return until(`${count} wait`, async () => (await queueOf(client, id)).waiting === count)
}

/** Answers by status and, of problems, code. Every refusal must say when to come again. */
async function countAnswers(
  answers: readonly Promise<Response>[],
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const response of await Promise.all(answers)) {
    const isFine = response.status === 200
    const kind = isFine ? '200' : `${response.status} ${await codeOf(response)}`
    if (isFine) await response.arrayBuffer()
    if (response.status === 503) assert.ok(Number(response.headers.get('retry-after')) >= 1)
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

for (const [connections, ms] of [
  [128, 100],
  [512, 100],
  [512, 0],
] as const)
  test(`${connections} connections of requests of ${ms} ms: none is refused`, async (t) => {
    const { runtime, client } = await start(t)
    const backend = backendOf(
      `await new Promise((resolve) => setTimeout(resolve, ${ms})); return new Response('well')`,
    )
    await install(runtime, { id: 'quick', backend })
    const visitor = async () => {
      for (let round = 0; round < 3; round++) {
        const response = await client.fetch('/plugins/quick/api/')
        assert.deepEqual([response.status, await response.text()], [200, 'well'])
      }
    }
    await Promise.all(times(connections, visitor))
    const { waiting, queued, refused, bytes } = await queueOf(client, 'quick')
    assert.deepEqual([waiting, refused, bytes], [0, 0, 0])
    // A slow machine may send no more than a hundred of 128 at once.
    if (connections > 128 && ms > 0)
      assert.ok(queued > 0, 'more came at once than are answered at the same time')
  })

test('a slow plugin serves the requests that can be served in time; the rest is refused at once', async (t) => {
  const { runtime, client } = await start(t, { limits: { maxRequestsInFlight: 10 } })
  await install(runtime, {
    id: 'slow',
    backend: backendOf(
      "await new Promise((resolve) => setTimeout(resolve, 200)); return new Response('slept')",
    ),
    manifest: { limits: { deadlineMs: 3000 } },
  })
  const ask = () => client.fetch('/plugins/slow/api/')
  // Nothing is known of a plugin before its first answer.
  assert.equal((await ask()).status, 200)
  const { '200': served = 0, '503 GUEST_BUSY': refused = 0, ...late } = await countAnswers(times(512, ask))
  assert.ok(served > 10, `${served} were served`)
  assert.ok(refused > 100, `${refused} were refused`)
  // On a busy machine the last ones may take longer than all before them did.
  assert.ok(
    late['504 GUEST_DEADLINE'] === undefined || late['504 GUEST_DEADLINE'] <= 20,
    JSON.stringify(late),
  )
  assert.equal(served + refused + (late['504 GUEST_DEADLINE'] ?? 0), 512)
  const queue = await queueOf(client, 'slow')
  assert.ok(queue.queued < 200, `${queue.queued} waited, of whom fifteen times ten can be served`)
  assert.deepEqual([queue.refused, queue.bytes], [refused, 0])
})

test('a flood on a plugin that never answers takes nothing from another one', async (t) => {
  const { runtime, client } = await start(t, {
    limits: { maxRequestsInFlight: 2, deadlineMs: 5000 },
    sandbox: { maxQueuedBytes: 1_000_000 },
  })
  await install(runtime, gate())
  await install(runtime, { id: 'other', backend: backendOf("return new Response('well')") })
  const flood = times(300, () => client.fetch('/plugins/gate/api/hold'))
  await until(
    'memory for those who wait is short',
    async () => (await queueOf(client, 'gate')).bytes > 450_000,
  )
  // More at once than it has places: some of them have to wait, and there must be memory for that.
  for (let round = 0; round < 5; round++)
    assert.deepEqual(await countAnswers(times(20, () => client.fetch('/plugins/other/api/'))), {
      200: 100 / 5,
    })
  assert.ok((await queueOf(client, 'other')).queued > 0)
  const { '503 GUEST_BUSY': refused = 0, '504 GUEST_DEADLINE': expired = 0 } = await countAnswers(flood)
  assert.equal(refused + expired, 300)
  assert.ok(expired < 50, `${expired} were asked of it, of whom two at a time can be`)
  assert.equal((await queueOf(client, 'gate')).bytes, 0)
})

test('a request whose deadline passes while it waits is refused, and the plugin never sees it', async (t) => {
  const house = await start(t, { limits: { maxRequestsInFlight: 1, deadlineMs: 1500 } })
  const { runtime, client } = house
  await install(runtime, gate())
  const answers = [client.fetch('/plugins/gate/api/hold')]
  await until('it is held', async () => (await runtime.plugins.get('gate')).resources.requestsInFlight === 1)
  answers.push(client.fetch('/plugins/gate/api/late'))
  assert.deepEqual(await countAnswers(answers), { '504 GUEST_DEADLINE': 1, '503 GUEST_BUSY': 1 })
  const { seen } = (await (await client.fetch('/plugins/gate/api/after')).json()) as { seen: string[] }
  assert.deepEqual(seen, ['/after'])
})

test('no more requests wait than may, and the configuration says how many', async (t) => {
  const house = await start(t, { limits: { maxRequestsInFlight: 1, maxRequestsQueued: 3 } })
  const { runtime, client } = house
  await install(runtime, gate())
  const release = await hold(house)
  const waiting = times(3, () => client.fetch('/plugins/gate/api/'))
  await untilWaiting(client, 3)
  assert.deepEqual(await countAnswers(times(5, () => client.fetch('/plugins/gate/api/'))), {
    '503 GUEST_BUSY': 5,
  })
  release()
  assert.deepEqual(await countAnswers(waiting), { 200: 3 })
})

test('bodies that wait are bounded together, and long ones are not read before it is their turn', async (t) => {
  const house = await start(t, {
    limits: { maxRequestsInFlight: 1 },
    sandbox: { maxQueuedBytes: 440_000 },
  })
  const { runtime, client } = house
  await install(runtime, gate())
  const release = await hold(house)
  const post = (length: number) =>
    client.fetch('/plugins/gate/api/', { method: 'POST', body: 'x'.repeat(length) })
  const short = times(8, () => post(60_000))
  // A line alone may hold half of it.
  await until('the others are refused', async () => (await queueOf(client, 'gate')).refused === 5)
  assert.equal((await queueOf(client, 'gate')).waiting, 3)
  release()
  assert.deepEqual(await countAnswers(short), { 200: 3, '503 GUEST_BUSY': 5 })

  const again = await hold(house)
  const long = post(5_000_000)
  await untilWaiting(client, 1)
  const { bytes } = await queueOf(client, 'gate')
  assert.ok(bytes < 200_000, `${bytes} bytes are held for a body of five million`)
  again()
  const { body } = (await (await long).json()) as { body: number }
  assert.equal(body, 5_000_000)
})

bothWays('a client that leaves while it waits leaves the line, and costs nothing', async (t, way) => {
  const house = await start(t, { limits: { maxRequestsInFlight: 1 } }, way)
  const { runtime, client } = house
  await install(runtime, gate())
  const release = await hold(house)
  const leaving = new AbortController()
  times(20, (index) =>
    client
      .fetch(`/plugins/gate/api/left-${index}`, { signal: leaving.signal, ...(index % 2 === 0 && POSTED) })
      .catch(() => undefined),
  )
  await untilWaiting(client, 20)
  const stays = client.fetch('/plugins/gate/api/stays')
  await untilWaiting(client, 21)
  leaving.abort()
  await untilWaiting(client, 1)
  release()
  const { seen } = (await (await stays).json()) as { seen: string[] }
  assert.deepEqual(seen, ['/stays'])
  assert.equal((await queueOf(client, 'gate')).bytes, 0)
})

const POSTED: ClientInit = { method: 'POST', body: 'posted' }

bothWays('those who wait are served by the release that serves when it is their turn', async (t, way) => {
  const house = await start(t, { limits: { maxRequestsInFlight: 1 } }, way)
  const { runtime, client } = house
  await install(runtime, gate())
  const release = await hold(house)
  const lengths = [0, 0, 0, 6, 60_000, 300_000]
  const waiting = lengths.map((length) =>
    client.fetch('/plugins/gate/api/', length === 0 ? {} : { method: 'POST', body: 'x'.repeat(length) }),
  )
  await untilWaiting(client, lengths.length)
  await install(runtime, gate('2.0.0'))
  const answers = await Promise.all(waiting.map(async (answer) => (await answer).json()))
  assert.deepEqual(
    answers.map(({ version, body }) => [version, body]).toSorted(([, a], [, b]) => a - b),
    lengths.map((length) => ['2.0.0', length]),
  )
  const { resources } = await runtime.plugins.get('gate')
  assert.equal(resources.requests, lengths.length + 1, 'each is counted once')
  release()
})

bothWays('those who wait for a plugin that is disabled learn that there is none', async (t, way) => {
  const house = await start(t, { limits: { maxRequestsInFlight: 1 } }, way)
  const { runtime, client } = house
  await install(runtime, gate())
  const release = await hold(house)
  const waiting = times(5, () => client.fetch('/plugins/gate/api/'))
  await untilWaiting(client, 5)
  await runtime.plugins.disable('gate', 'test')
  assert.deepEqual(await countAnswers(waiting), { '404 NOT_FOUND': 5 })
  release()
})

test('a release with restricted access authenticates the waiting requests of the previous release', async (t) => {
  const house = await start(t, { limits: { maxRequestsInFlight: 1 } })
  const { runtime, client } = house
  await install(runtime, gate())
  const release = await hold(house)
  const waiting = times(3, () => client.fetch('/plugins/gate/api/'))
  await untilWaiting(client, 3)
  await install(runtime, { ...gate('2.0.0'), manifest: { access: 'user' } })
  assert.deepEqual(await countAnswers(waiting), { '401 UNAUTHENTICATED': 3 })
  release()
})

for (const [kind, maxProcesses] of [
  ['own', 8],
  ['shared', 0],
] as const)
  test(`a crash fails what is in flight, and waiting requests are served by the next instance (${kind} process)`, async (t) => {
    const { runtime, client } = await start(t, {
      limits: { maxRequestsInFlight: 1 },
      sandbox: { maxProcesses },
    })
    await install(runtime, {
      id: 'crashes',
      backend: backendOf("if (url.pathname === '/loop') for (;;) {}\n return new Response('fine')"),
      manifest: { limits: { cpuMs: 500 } },
    })
    const loop = client.fetch('/plugins/crashes/api/loop')
    await until(
      'it loops',
      async () => (await runtime.plugins.get('crashes')).resources.requestsInFlight === 1,
    )
    const waiting = times(10, () => client.fetch('/plugins/crashes/api/'))
    assert.deepEqual(await countAnswers(waiting), { 200: 10 })
    assert.deepEqual(await countAnswers([loop]), { '504 GUEST_DEADLINE': 1 })
  })

test('requests that wait for a plugin that is quarantined are refused', async (t) => {
  const { runtime, client } = await start(t, {
    limits: { maxRequestsInFlight: 1 },
    sandbox: { maxFailures: 2 },
  })
  await install(runtime, {
    id: 'crashes',
    backend: backendOf("if (url.pathname === '/loop') for (;;) {}\n return new Response('fine')"),
    manifest: { limits: { cpuMs: 300 } },
  })
  // The first crash restarts it for the waiting requests, the second one ends that.
  const loops = times(2, () => client.fetch('/plugins/crashes/api/loop'))
  await until('both have come', async () => (await runtime.plugins.get('crashes')).resources.requests === 2)
  const waiting = times(5, () => client.fetch('/plugins/crashes/api/'))
  assert.deepEqual(await countAnswers(waiting), { '503 PLUGIN_UNAVAILABLE': 5 })
  assert.deepEqual(await countAnswers(loops), { '504 GUEST_DEADLINE': 2 })
  assert.equal((await runtime.plugins.get('crashes')).state, 'quarantined')
})

test('requests that wait for a plugin that exceeds its CPU limit are refused', async (t) => {
  const { runtime, client } = await start(t, {
    limits: { maxRequestsInFlight: 1, cpuPercent: 1, cpuMs: 60_000, deadlineMs: 60_000 },
  })
  await install(runtime, {
    id: 'busy',
    backend: backendOf(
      "while (url.pathname === '/work' && !request.signal.aborted) { work(20); await new Promise((resolve) => setTimeout(resolve, 1)) }\n return new Response('done')",
      'function work(ms) { const end = performance.now() + ms; while (performance.now() < end); }',
    ),
  })
  const leaving = new AbortController()
  const works = client.fetch('/plugins/busy/api/work', { signal: leaving.signal }).catch(() => undefined)
  await until('it works', async () => (await runtime.plugins.get('busy')).resources.requestsInFlight === 1)
  const waiting = times(5, () => client.fetch('/plugins/busy/api/'))
  assert.deepEqual(await countAnswers(waiting), { '503 GUEST_THROTTLED': 5 })
  leaving.abort()
  await works
  assert.equal((await runtime.plugins.get('busy')).resources.throttled, 5)
})

test('all requests that arrive while a plugin starts are served, however few run at the same time', async (t) => {
  const { runtime, client } = await start(t, { limits: { maxRequestsInFlight: 5 } })
  await install(
    runtime,
    { id: 'cold', backend: backendOf("return new Response('well')") },
    { enable: 'false' },
  )
  await runtime.plugins.enable('cold', 'test')
  await runtime.plugins.reload('cold', 'test')
  assert.deepEqual(await countAnswers(times(300, () => client.fetch('/plugins/cold/api/'))), { 200: 300 })
})

test('a WebSocket is opened although every place of requests is taken', async (t) => {
  const house = await start(t, { limits: { maxRequestsInFlight: 1 } })
  const { runtime, client } = house
  const backend = socketBackend(
    "server.accept(); server.addEventListener('message', ({ data }) => server.send(data))",
    "if (url.pathname === '/hold') await new Promise(() => {}); return new Response('plain')",
  )
  await install(runtime, { id: 'gate', backend })
  const release = await hold(house)
  const waiting = client.fetch('/plugins/gate/api/')
  await untilWaiting(client, 1)
  const { socket, next } = await visit(t, `${client.origin}/plugins/gate/api/`)
  socket.send('through')
  assert.equal(await next(), 'through')
  release()
  assert.deepEqual(await countAnswers([waiting]), { 200: 1 })
})
