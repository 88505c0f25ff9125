// Where a plugin stands that keeps a processor busy within its limits.

import assert from 'node:assert/strict'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { CpuPriority } from '../../../runtime/sandbox/process/cpu-priority.ts'
import { backendOf, install, startTestRuntime, until, WAYS } from '../../support/runtime.ts'

function watched() {
  const reported: number[] = []
  let now = 0
  let used = 0
  let looks = 0
  let wish = 0
  const priority = new CpuPriority(
    { cpuMs: () => used, isRunnable: () => looks % 20 < wish * 20 },
    (niceness) => reported.push(niceness),
  )
  return {
    reported,
    /** @param share of a processor that it gets; `wanted` is the share of the time in which it wants one */
    spend(share: number, seconds: number, wanted = share): void {
      wish = wanted
      for (let step = 0; step < seconds * 20; step++) {
        now += 50
        used += 50 * share
        looks++
        priority.sample(now)
      }
    },
  }
}

test('the priority of a process that keeps a CPU busy is lowered, and restored when it rests', () => {
  const { reported, spend } = watched()
  spend(0.05, 4)
  assert.deepEqual(reported, [])
  spend(1, 4)
  assert.deepEqual(reported, [10])
  spend(0.6, 4)
  assert.deepEqual(reported, [10], 'less than before is not rest')
  spend(0.05, 4)
  assert.deepEqual(reported, [10, 0])
})

test('on a busy machine it is known by what it wants, not by what it gets', () => {
  const { reported, spend } = watched()
  spend(0.15, 4, 1)
  assert.deepEqual(reported, [10])
})

test('one long request is not a habit', () => {
  const { reported, spend } = watched()
  spend(0.05, 3)
  spend(1, 0.4)
  spend(0.05, 3)
  assert.deepEqual(reported, [])
})

test('without figures of the system, nothing changes', () => {
  const reported: number[] = []
  const use = { cpuMs: () => undefined, isRunnable: () => false }
  const priority = new CpuPriority(use, (niceness) => reported.push(niceness))
  for (let now = 0; now < 5000; now += 50) priority.sample(now)
  assert.deepEqual(reported, [])
})

test('the process of a plugin that computes all the time stands behind the others', async (t) => {
  const runtime = await startTestRuntime(t, { config: { limits: { cpuPercent: 100 } } })
  const [server] = WAYS
  assert.ok(server)
  const client = await server.open(t, runtime)
  const busy = backendOf(
    `const end = Date.now() + 200; while (Date.now() < end); return new Response('done')`,
  )
  await install(runtime, { id: 'busy', backend: busy })
  await install(runtime, { id: 'calm', backend: backendOf(`return new Response('well')`) })
  const pidOf = (id: string) =>
    runtime.sandbox.processes.find(({ plugins }) => plugins.includes(id))?.pid ?? 0
  await until('it stands back', async () => {
    assert.equal(await (await client.fetch('/plugins/busy/api/')).text(), 'done')
    assert.equal(await (await client.fetch('/plugins/calm/api/')).text(), 'well')
    return getPriority(pidOf('busy')) > getPriority(process.pid)
  })
})
