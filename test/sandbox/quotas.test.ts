// Quotas on CPU time over awaits and over a minute, and what the meter says of a plugin that runs into its quotas.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Runtime, RuntimeOptions } from '../../runtime/runtime.ts'
import {
  api,
  backendOf,
  type Client,
  codeOf,
  install,
  logLines,
  startTestRuntime,
  until,
  WAYS,
} from '../support/runtime.ts'

const LIMITS = { cpuMs: 400, deadlineMs: 30_000 }
const BUSY = backendOf(
  `
  if (url.pathname === '/across') {
    for (let n = 0; n < 10_000; n++) { work(20); await new Promise((resolve) => setTimeout(resolve, 0)) }
    return new Response('survived')
  }
  if (url.pathname === '/behind') {
    const again = () => { work(20); setTimeout(again, 0) }
    setTimeout(again, 0)
    return new Response('answered')
  }
  if (url.pathname === '/work') work(Number(url.searchParams.get('ms')))
  return new Response('fine')`,
  'function work(ms) { const end = performance.now() + ms; while (performance.now() < end); }',
)

async function start(
  t: TestContext,
  config: RuntimeOptions['config'] = {},
): Promise<{ runtime: Runtime; client: Client }> {
  const runtime = await startTestRuntime(t, { config: { sandbox: { maxFailures: 1000 }, ...config } })
  const [server] = WAYS
  assert.ok(server)
  return { runtime, client: await server.open(t, runtime) }
}

function pidOf(runtime: Runtime, id: string): number | undefined {
  return runtime.sandbox.processes.find(({ plugins }) => plugins.includes(id))?.pid
}

for (const [kind, maxProcesses] of [
  ['own', 8],
  ['shared', 0],
] as const) {
  test(`a request that computes between its awaits is ended at its budget (${kind} process)`, async (t) => {
    const { runtime, client } = await start(t, { sandbox: { maxFailures: 1000, maxProcesses } })
    await install(runtime, { id: 'busy', backend: BUSY, manifest: { limits: LIMITS } })
    const response = await client.fetch('/plugins/busy/api/across')
    assert.equal(response.status, 504)
    assert.equal(await codeOf(response), 'GUEST_DEADLINE')
    await until('it answers again', async () => (await client.fetch('/plugins/busy/api/')).ok)
    assert.equal(runtime.sandbox.kills.cpu, 1)
  })

  test(`work that goes on behind an answer is ended at its budget (${kind} process)`, async (t) => {
    const { runtime, client } = await start(t, { sandbox: { maxFailures: 1000, maxProcesses } })
    // On a machine that is short of processors little is left for such a plugin.
    const limits = { ...LIMITS, cpuMs: 100 }
    await install(runtime, { id: 'busy', backend: BUSY, manifest: { limits } })
    assert.equal(await (await client.fetch('/plugins/busy/api/behind')).text(), 'answered')
    await until('it is ended', () => runtime.sandbox.kills.cpu === 1)
    assert.equal((await runtime.plugins.get('busy')).resources.restarts, 1)
    await until('it answers again', async () => (await client.fetch('/plugins/busy/api/')).ok)
  })
}

test('a plugin over its average is refused with the time to come back, and nothing of it runs on', async (t) => {
  // One percent of a minute: 600 ms.
  const { runtime, client } = await start(t, { limits: { cpuPercent: 1 } })
  await install(runtime, { id: 'busy', backend: BUSY })
  await install(runtime, { id: 'neighbour', backend: BUSY })
  // Below the budget of a request, and long enough to count as work where others want the processors too.
  const work = () => client.fetch('/plugins/busy/api/work?ms=700')
  const refused = await until('it is refused', async () => {
    const response = await work()
    if (response.status === 503) return response
    assert.equal(response.status, 200)
    return undefined
  })
  assert.equal(await codeOf(refused), 'GUEST_THROTTLED')
  const after = Number(refused.headers.get('retry-after'))
  assert.ok(after >= 1 && after <= 60, String(after))
  await until('the instance is stopped', () => pidOf(runtime, 'busy') === undefined)
  // A body that streams is refused with the same words, and starts nothing.
  const upload = await client.fetch('/plugins/busy/api/', { method: 'POST', body: 'x'.repeat(200_000) })
  assert.equal(await codeOf(upload), 'GUEST_THROTTLED')
  assert.equal(pidOf(runtime, 'busy'), undefined)
  assert.equal((await client.fetch('/plugins/neighbour/api/')).status, 200)
  const { resources, state } = await runtime.plugins.get('busy')
  assert.equal(state, 'idle')
  assert.equal(resources.throttled, 2)
  assert.equal(resources.errors, 0)
  assert.equal(resources.restarts, 0)
  assert.ok(resources.cpuPercent >= 1)
  const [line] = (await logLines(runtime, 'busy')).filter(({ level }) => level === 'warn')
  assert.match(line?.message ?? '', /More than 1 % of a core was used over the last minute/)
})

test('many quick answers do not count against the average', async (t) => {
  const { runtime, client } = await start(t, { limits: { cpuPercent: 1 } })
  await install(runtime, { id: 'quick', backend: BUSY })
  // Far more than 600 ms of work together.
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.fetch('/plugins/quick/api/work?ms=4')),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  }
  const figures = await until('the work is known', async () => {
    const { resources } = await runtime.plugins.get('quick')
    return resources.cpuMs > 800 ? resources : undefined
  })
  assert.equal(figures.throttled, 0)
})

test('the admin API shows what a plugin has used', async (t) => {
  const { runtime, client } = await start(t)
  await install(runtime, {
    id: 'counted',
    backend: backendOf(
      `
      kept.push(new Uint8Array(5_000_000))
      await env.kv.put('key', 'x'.repeat(50_000))
      console.log('one'); console.warn('two')
      return new Response(await request.text())`,
      'const kept = []',
    ),
    manifest: { permissions: { kv: true } },
  })
  const body = 'y'.repeat(300_000)
  assert.equal(
    (await (await client.fetch('/plugins/counted/api/', { method: 'POST', body })).text()).length,
    300_000,
  )
  const resources = await until('the figures of the isolate', async () => {
    const { resources } = (await (await api(runtime, '/plugins/counted')).json()) as {
      resources: Record<string, number> & { hostCalls: Record<string, number> }
    }
    // The system counts CPU time in steps of 10 ms.
    return (resources.externalMemoryMb ?? 0) >= 4.7 && (resources.cpuMs ?? 0) > 0 ? resources : undefined
  })
  assert.equal(resources.requests, 1)
  assert.equal(resources.requestsInFlight, 0)
  assert.equal(resources.bytesIn, 300_000)
  assert.equal(resources.bytesOut, 300_000)
  assert.equal(resources.hostCalls['kv.put'], 1)
  assert.equal(resources.logLines, 2)
  assert.ok((resources.storageBytes ?? 0) >= 50_000)
  assert.ok((resources.peakMemoryMb ?? 0) >= (resources.memoryMb ?? 0))
})

test('in a shared process every plugin has figures of its own', async (t) => {
  const { runtime, client } = await start(t, { sandbox: { maxFailures: 1000, maxProcesses: 0 } })
  await install(runtime, { id: 'worker', backend: BUSY })
  await install(runtime, { id: 'idler', backend: BUSY })
  assert.equal((await client.fetch('/plugins/idler/api/')).status, 200)
  const cpuMsOf = async (id: string) => (await runtime.plugins.get(id)).resources.cpuMs
  for (let n = 0; n < 5; n++)
    assert.equal((await client.fetch('/plugins/worker/api/work?ms=150')).status, 200)
  assert.equal(pidOf(runtime, 'worker'), pidOf(runtime, 'idler'))
  await until('the work is known', async () => (await cpuMsOf('worker')) > 4 * (await cpuMsOf('idler')))
})

test('dropped log lines are counted and reported, though nothing is written afterwards', async (t) => {
  const { runtime, client } = await start(t, { limits: { logLinesPerSecond: 10 } })
  await install(runtime, {
    id: 'loud',
    backend: backendOf(`for (let n = 0; n < 500; n++) console.log('line ' + n); return new Response('ok')`),
  })
  await client.fetch('/plugins/loud/api/')
  const dropped = await until('the lines are counted', async () => {
    const { logLinesDropped } = (await runtime.plugins.get('loud')).resources
    return logLinesDropped
  })
  // A new second may begin in between.
  assert.ok(dropped >= 400 && dropped <= 490, String(dropped))
  await until('a line says so', async () =>
    (await logLines(runtime, 'loud')).some(({ message }) => /\d+ log lines were dropped/.test(message)),
  )
})

test('unhandled errors cannot fill the log', async (t) => {
  const { runtime, client } = await start(t, { limits: { logLinesPerSecond: 10 } })
  await install(runtime, {
    id: 'careless',
    backend: backendOf(`
      for (let n = 0; n < 500; n++) setTimeout(() => { throw new Error('lost ' + n) }, 0)
      return new Response('ok')`),
  })
  await client.fetch('/plugins/careless/api/')
  await until(
    'some are dropped',
    async () => (await runtime.plugins.get('careless')).resources.logLinesDropped > 0,
  )
  assert.ok((await logLines(runtime, 'careless')).length < 500)
})
