// A sandbox process that ends by itself while a plugin loads in it: the system may have ended it, or the plugin.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backendOf, install, startTestRuntime, until, WAYS } from '../support/runtime.ts'

/** Its module is not done before a second has passed. */
const SLOW = backendOf(
  `return new Response('fine')`,
  'await new Promise((resolve) => setTimeout(resolve, 1000))',
)

test('an upload whose process is killed while it loads is loaded once more', async (t) => {
  const runtime = await startTestRuntime(t)
  const [way] = WAYS
  assert.ok(way)
  const client = await way.open(t, runtime)
  const installed = install(runtime, { id: 'slow', backend: SLOW, manifest: { access: 'public' } })
  const pidOf = () => runtime.sandbox.processes.find(({ plugins }) => plugins.includes('slow'))?.pid
  const first = await until('it loads', pidOf)
  process.kill(first, 'SIGKILL')
  const { state, problem } = await installed
  assert.deepEqual([state === 'failed', problem], [false, null])
  assert.equal(await (await client.fetch('/plugins/slow/api/')).text(), 'fine')
  assert.notEqual(pidOf(), first)
})

test('one whose process is killed again and again fails, and says why', async (t) => {
  const runtime = await startTestRuntime(t)
  const killed = new Set<number>()
  const timer = setInterval(() => {
    for (const { pid, plugins } of runtime.sandbox.processes)
      if (plugins.includes('slow') && !killed.has(pid)) {
        killed.add(pid)
        process.kill(pid, 'SIGKILL')
      }
  }, 20)
  t.after(() => clearInterval(timer))
  const { state, problem } = await install(runtime, { id: 'slow', backend: SLOW })
  assert.equal(state, 'failed')
  assert.match(problem?.message ?? '', /The sandbox process ended \(SIGKILL\)/)
  assert.equal(killed.size, 2)
})
