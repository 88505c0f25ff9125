// Plugins that share a process: what one of them does to the others, and where it goes.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { backendOf, type Client, codeOf, install, startTestRuntime, until, WAYS } from '../support/runtime.ts'

const LIMITS = { limits: { cpuMs: 500, deadlineMs: 8000, memoryMb: 32 } }
const GUILTY = backendOf(`
  if (url.pathname === '/loop') for (;;) {}
  if (url.pathname === '/detached') { setTimeout(() => { for (;;) {} }, 1); return new Response('answered') }
  if (url.pathname === '/stuck') { new Array(1e9).fill(0) }
  if (url.pathname === '/blowup') { let text = 'a'.repeat(2 ** 20); for (let n = 0; n < 20; n++) text = text.replace(/a/g, '$&$&$&$&$&$&$&$&') }
  if (url.pathname === '/array') { const list = []; for (;;) list.push(new Array(100000).fill(list.length)) }
  return new Response('fine')`)
const INNOCENT = backendOf(
  `
  starts++
  if (url.pathname === '/waits') await new Promise((resolve) => setTimeout(resolve, 60_000))
  if (url.pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 1500))
  return new Response('well')`,
  'let starts = 0',
)

async function crowd(t: TestContext, count = 6): Promise<{ runtime: Runtime; client: Client }> {
  const runtime = await startTestRuntime(t, { config: { sandbox: { maxProcesses: 0 } } })
  const [server] = WAYS
  assert.ok(server)
  const client = await server.open(t, runtime)
  await install(runtime, { id: 'culprit', backend: GUILTY, manifest: LIMITS })
  for (let n = 0; n < count; n++)
    await install(runtime, { id: `bystander-${n}`, backend: INNOCENT, manifest: LIMITS })
  return { runtime, client }
}

function homeOf(runtime: Runtime, id: string) {
  return runtime.sandbox.processes.find(({ plugins }) => plugins.includes(id))
}

test('harmless plugins share one process, one with a wider grant has its own', async (t) => {
  const { runtime } = await crowd(t)
  await install(runtime, {
    id: 'wide',
    backend: INNOCENT,
    manifest: { permissions: { usb: [{ vendorId: 1 }] } },
  })
  const shared = homeOf(runtime, 'culprit')
  assert.equal(shared?.shared, true)
  assert.equal(shared.plugins.length, 7)
  assert.deepEqual(homeOf(runtime, 'wide')?.plugins, ['wide'])
  assert.equal(homeOf(runtime, 'wide')?.shared, false)
})

test('a loop in a shared process is stopped, the others answer meanwhile and stay where they are', async (t) => {
  const { runtime, client } = await crowd(t)
  const shared = homeOf(runtime, 'bystander-0')?.pid
  let done = false
  const looping = client.fetch('/plugins/culprit/api/loop').finally(() => {
    done = true
  })
  let answers = 0
  while (!done) {
    const response = await client.fetch(`/plugins/bystander-${answers % 6}/api/`)
    assert.equal(await response.text(), 'well')
    answers++
  }
  assert.equal((await looping).status, 504)
  // A neighbour whose answers had to wait for the end of the loop would have given one or two.
  assert.ok(answers > 5, `${answers} answers`)
  assert.equal(homeOf(runtime, 'bystander-0')?.pid, shared)
  await until('it answers again', async () => (await client.fetch('/plugins/culprit/api/')).ok)
  assert.deepEqual(
    homeOf(runtime, 'culprit')?.plugins,
    ['culprit'],
    'with a strike it has a process of its own',
  )
  assert.equal(homeOf(runtime, 'culprit')?.shared, false)
})

test('a loop after the answer is stopped too', async (t) => {
  const { runtime, client } = await crowd(t, 2)
  assert.equal(await (await client.fetch('/plugins/culprit/api/detached')).text(), 'answered')
  await until(
    'the loop is ended',
    async () => (await runtime.plugins.get('culprit')).resources.restarts === 1,
  )
  assert.equal(await (await client.fetch('/plugins/culprit/api/')).text(), 'fine')
  assert.equal(homeOf(runtime, 'culprit')?.shared, false)
  assert.equal(await (await client.fetch('/plugins/bystander-1/api/')).text(), 'well')
})

for (const attack of ['stuck', 'blowup', 'array'])
  test(`"${attack}" may end the shared process: GETs of bystanders are answered all the same`, async (t) => {
    const { runtime, client } = await crowd(t)
    const slow = Array.from({ length: 6 }, (_, n) => client.fetch(`/plugins/bystander-${n}/api/slow`))
    const attacked = await client.fetch(`/plugins/culprit/api/${attack}`)
    assert.ok([500, 502, 504].includes(attacked.status), String(attacked.status))
    for (const response of await Promise.all(slow)) {
      assert.equal(response.status, 200)
      assert.equal(await response.text(), 'well')
    }
    await until('it answers again', async () => (await client.fetch('/plugins/culprit/api/')).ok)
    for (let n = 0; n < 6; n++) {
      assert.equal(await (await client.fetch(`/plugins/bystander-${n}/api/`)).text(), 'well')
      const { state, problem } = await runtime.plugins.get(`bystander-${n}`)
      assert.deepEqual({ state, problem }, { state: 'running', problem: null })
    }
  })

test('an instance that waits for a timer while a neighbour brings the process down is not suspected: it stays in a shared one', async (t) => {
  const { runtime, client } = await crowd(t)
  const before = homeOf(runtime, 'culprit')?.pid
  const leaving = new AbortController()
  const visits = Array.from({ length: 6 }, (_, n) =>
    client.fetch(`/plugins/bystander-${n}/api/waits`, { signal: leaving.signal }),
  )
  const gone = Promise.allSettled(visits)
  await (await client.fetch('/plugins/culprit/api/blowup')).text()
  await until(
    'the shared process is gone',
    () => !runtime.sandbox.processes.some(({ pid }) => pid === before),
  )
  // Their requests are sent again, and start them.
  for (let n = 0; n < 6; n++) {
    const home = await until('it is started again', () => homeOf(runtime, `bystander-${n}`))
    assert.equal(home.shared, true)
  }
  leaving.abort()
  await gone
  await until('it answers again', async () => (await client.fetch('/plugins/culprit/api/')).ok)
  assert.equal(homeOf(runtime, 'culprit')?.shared, false)
})

test('a shared process that is killed, as the kernel does when memory runs out, makes a suspect of the largest only', async (t) => {
  const { runtime, client } = await crowd(t)
  const { pid = 0 } = homeOf(runtime, 'bystander-0') ?? {}
  const ids = ['culprit', ...Array.from({ length: 6 }, (_, n) => `bystander-${n}`)]
  for (const id of ids) await (await client.fetch(`/plugins/${id}/api/`)).text()
  // Longer than it takes to tell that a run has ended.
  await new Promise((resolve) => setTimeout(resolve, 200))
  process.kill(pid, 'SIGKILL')
  await until('it is gone', () => !runtime.sandbox.processes.some((found) => found.pid === pid))
  for (const id of ids) assert.equal((await client.fetch(`/plugins/${id}/api/`)).status, 200)
  const apart = ids.filter((id) => homeOf(runtime, id)?.shared === false)
  assert.ok(apart.length <= 1, apart.join())
})

test('a POST that was lost with a shared process is answered with 503, and may be retried', async (t) => {
  const { runtime, client } = await crowd(t, 2)
  const slow = client.fetch('/plugins/bystander-0/api/slow', { method: 'POST' })
  await until(
    'it is under way',
    async () => (await runtime.plugins.get('bystander-0')).resources.requests === 1,
  )
  const attacked = client.fetch('/plugins/culprit/api/stuck')
  const answer = await slow
  // The attack may have ended with the culprit plugin alone, by a RangeError: then nothing was lost.
  if (answer.status !== 200) {
    assert.equal(answer.status, 503)
    assert.equal(answer.headers.get('retry-after'), '1')
    assert.equal(await codeOf(answer), 'PLUGIN_UNAVAILABLE')
  }
  await (await attacked).text()
  assert.equal(await (await client.fetch('/plugins/bystander-0/api/', { method: 'POST' })).text(), 'well')
})

test('a bystander without open work goes on in a shared process, and is not punished', async (t) => {
  const { runtime, client } = await crowd(t, 3)
  const before = homeOf(runtime, 'bystander-0')?.pid
  // Longer than what makes an instance a suspect.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  await client.fetch('/plugins/culprit/api/stuck')
  await until(
    'the shared process is gone',
    () => !runtime.sandbox.processes.some(({ pid }) => pid === before),
  )
  for (let n = 0; n < 3; n++) assert.equal((await client.fetch(`/plugins/bystander-${n}/api/`)).status, 200)
  for (let n = 0; n < 3; n++) assert.equal(homeOf(runtime, `bystander-${n}`)?.shared, true)
})

test('one process of its own, then sharing: maxProcesses is kept', async (t) => {
  const runtime = await startTestRuntime(t, { config: { sandbox: { maxProcesses: 1 } } })
  for (let n = 0; n < 5; n++) await install(runtime, { id: `p-${n}`, backend: INNOCENT })
  const homes = runtime.sandbox.processes.filter(({ plugins }) => plugins.length > 0)
  assert.deepEqual(homes.map(({ shared, plugins }) => [shared, plugins.length]).toSorted(), [
    [false, 1],
    [true, 4],
  ])
})
