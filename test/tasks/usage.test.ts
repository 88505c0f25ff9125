// What background tasks use is counted apart from requests: in the plugin's resources, and in the metrics.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createApp } from '../../runtime/index.ts'
import { ADMIN_TOKEN, startTestRuntime, until } from '../support/runtime.ts'
import { installTasks, reach, schedule } from './task-runtime.ts'

const runtime = await startTestRuntime({ after })
await installTasks(runtime, {
  id: 'worker',
  tasks: {
    work: "await env.kv.put('a', 'b'); const end = Date.now() + 300; while (Date.now() < end);",
    broken: 'throw new Error("no")',
    long: "await new Promise((resolve) => task.signal.addEventListener('abort', resolve))",
  },
  fetch: 'return new Response()',
})
await installTasks(runtime, { id: 'idle', tasks: { work: '' } })

const resourcesOf = async (id: string) => (await runtime.plugins.get(id)).resources

async function metrics(): Promise<ReadonlyMap<string, number>> {
  const response = await createApp(runtime).request('http://127.0.0.1:3000/metrics', {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  const lines = (await response.text()).split('\n').filter((line) => line.includes('{plugin="'))
  return new Map(
    lines.map((line) => {
      const [name = '', value] = line.split(' ')
      return [name, Number(value)]
    }),
  )
}

test('runs, failures, calls, CPU time and memory of tasks are counted, and not as requests', async () => {
  await reach(runtime, await schedule(runtime, 'worker', 'work'), 'succeeded')
  await reach(runtime, await schedule(runtime, 'worker', 'broken', { maxAttempts: 1 }), 'failed')
  const retried = await schedule(runtime, 'worker', 'broken')
  await until('its first attempt', async () => (await runtime.store.tasks.get(retried))?.attempts === 1)
  const long = await schedule(runtime, 'worker', 'long')
  await reach(runtime, long, 'running')
  const { tasks, requests, errors, hostCalls } = await until('the figures of the isolate', async () => {
    const resources = await resourcesOf('worker')
    const { cpuMs = 0, running = 0 } = resources.tasks ?? {}
    return cpuMs > 0 && running === 1 ? resources : undefined
  })
  assert.ok(tasks)
  assert.deepEqual([tasks.runs, tasks.failures, tasks.running, tasks.restarts], [4, 2, 1, 0])
  assert.equal(tasks.hostCalls['kv.put'], 1)
  assert.ok(tasks.memoryMb > 0 && tasks.peakMemoryMb >= tasks.memoryMb)
  assert.deepEqual([requests, errors, hostCalls['kv.put']], [0, 0, 0])

  const found = await metrics()
  assert.deepEqual(
    ['task_runs_total', 'task_failures_total', 'tasks_running', 'requests_total'].map((name) =>
      found.get(`plugbay_plugin_${name}{plugin="worker"}`),
    ),
    [4, 2, 1, 0],
  )
  for (const name of ['task_cpu_seconds_total', 'task_memory_bytes'])
    assert.ok((found.get(`plugbay_plugin_${name}{plugin="worker"}`) ?? 0) > 0, name)
  assert.equal(found.get('plugbay_plugin_task_runs_total{plugin="idle"}'), 0)
  runtime.tasks.run('worker', { id: long })?.stop('cancelled')
  await until('it has ended', async () => (await resourcesOf('worker')).tasks?.running === 0)
})
