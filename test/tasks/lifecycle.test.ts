// Tasks while their plugin is installed, updated, disabled, enabled and uninstalled, and while the server restarts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { install, send, startTestRuntime, temporaryFolder, until } from '../support/runtime.ts'
import { installTasks, linesOf, reach, schedule, taskOf, taskPlugin, tasksOf } from './task-runtime.ts'

const UNTIL_TOLD = `await new Promise((resolve) => task.signal.addEventListener('abort', resolve))`
const REPEATS = { delaySeconds: 0, repeatSeconds: 3600 }

const waiting = async (runtime: Runtime, id: string) =>
  (await tasksOf(runtime, id)).filter(({ state }) => state === 'waiting')

test('declared tasks are scheduled with the plugin, and their repetitions stay on the grid of the first', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, {
    id: 'plan',
    tasks: { hourly: 'return 1', once: '', nightly: '', demanded: '' },
    declared: { hourly: REPEATS, once: {}, nightly: { cron: '0 3 * * *', timeZone: 'Europe/Paris' } },
  })
  await until('the first run', async () =>
    (await tasksOf(runtime, 'plan')).some(({ state }) => state === 'succeeded'),
  )
  const tasks = await tasksOf(runtime, 'plan')
  const [next, first] = tasks.filter(({ name }) => name === 'hourly')
  assert.equal((next?.dueMs ?? 0) - (first?.dueMs ?? 0), 3_600_000)
  assert.deepEqual(next?.spec.startedBy, { kind: 'schedule', name: 'plan' })
  const once = tasks.find(({ name }) => name === 'once')
  assert.ok(once !== undefined && once.runAtMs - once.createdAtMs >= 29_000)
  assert.equal(
    tasks.some(({ name }) => name === 'demanded'),
    false,
  )
})

test('a repetition survives a failure, and a retry that would come later than it is left out', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, {
    id: 'broken',
    tasks: { often: 'throw new Error("again")' },
    declared: { often: { delaySeconds: 0, repeatSeconds: 1 } },
  })
  await until(
    'three failures',
    async () => (await tasksOf(runtime, 'broken')).filter(({ state }) => state === 'failed').length >= 3,
  )
  const [next, last] = await tasksOf(runtime, 'broken')
  assert.ok(next !== undefined && last !== undefined && (next.dueMs - last.dueMs) % 1000 === 0)
  assert.equal(last.attempts, 1)
})

test('a disabled plugin keeps its tasks, which run when it is enabled; an uninstalled one has none', async (t) => {
  const runtime = await startTestRuntime(t)
  const plugin = {
    id: 'sleeper',
    tasks: {
      long: `if (task.state === null) { await task.checkpoint(1); ${UNTIL_TOLD} } return task.state`,
      planned: '',
    },
    declared: { planned: { delaySeconds: 900, repeatSeconds: 3600, replaceExisting: false } },
  }
  await installTasks(runtime, plugin)
  const id = await schedule(runtime, 'sleeper', 'long')
  await until('its checkpoint', async () => (await taskOf(runtime, id)).checkpoint === 1)
  await send(runtime, 'POST', '/plugins/sleeper/disable')
  await reach(runtime, id, 'waiting')
  const before = await waiting(runtime, 'sleeper')
  assert.deepEqual(before.map(({ name }) => name).sort(), ['long', 'planned'])
  await assert.rejects(schedule(runtime, 'sleeper', 'long'), { code: 'PLUGIN_UNAVAILABLE' })
  await send(runtime, 'POST', '/plugins/sleeper/enable')
  const { result, attempts } = await reach(runtime, id, 'succeeded')
  assert.deepEqual([result, attempts], [1, 0])
  assert.ok((await linesOf(runtime, id)).includes('The run was interrupted, and begins again'))
  const [planned] = await waiting(runtime, 'sleeper')
  assert.equal(planned?.id, before.find(({ name }) => name === 'planned')?.id)
  assert.equal((await send(runtime, 'DELETE', '/plugins/sleeper')).status, 204)
  assert.deepEqual(await tasksOf(runtime, 'sleeper'), [])
})

test('an update lets a run end on its release, and moves one that reaches a checkpoint', async (t) => {
  const runtime = await startTestRuntime(t)
  const READ = `while ((await env.kv.get('go')) === null) await new Promise((resolve) => setTimeout(resolve, 20))`
  const release = (version: string) =>
    taskPlugin({
      id: 'mover',
      version,
      tasks: {
        reader: `${READ}; return '${version}'`,
        writer: `if (task.state === null) { await task.checkpoint('from ${version}'); ${READ}; await task.checkpoint('late') } return [task.state, '${version}']`,
        caught: `if (task.attempt === 1 && '${version}' === '1.0.0') { ${READ}; try { await task.checkpoint('kept') } catch {} ; ${UNTIL_TOLD} } return [task.state, '${version}']`,
        gone: '',
      },
      fetch: `await env.kv.put('go', 'yes'); return new Response()`,
    })
  await install(runtime, release('1.0.0'))
  const ids = await Promise.all(
    ['reader', 'writer', 'caught'].map((name) => schedule(runtime, 'mover', name)),
  )
  const [reader = '', writer = '', caught = ''] = ids
  for (const id of ids) await reach(runtime, id, 'running')
  await until('its checkpoint', async () => (await taskOf(runtime, writer)).checkpoint !== null)
  await install(runtime, release('2.0.0'))
  assert.equal((await createApp(runtime).request('http://127.0.0.1:3000/plugins/mover/api/')).status, 200)
  assert.equal((await reach(runtime, reader, 'succeeded')).result, '1.0.0')
  assert.deepEqual((await reach(runtime, writer, 'succeeded')).result, ['late', '2.0.0'])
  assert.deepEqual((await reach(runtime, caught, 'succeeded')).result, ['kept', '2.0.0'])
})

test('a task that the new release does not declare is cancelled, with the reason', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, { id: 'less', tasks: { one: '', two: '' } })
  const id = await schedule(runtime, 'less', 'two', { delaySeconds: 1000 })
  await installTasks(runtime, { id: 'less', version: '2.0.0', tasks: { one: '' } })
  const { problem } = await reach(runtime, id, 'cancelled')
  assert.match(String(problem?.message), /does not declare the task/)
})

test('a restart of the server loses nothing and schedules nothing anew', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  await installTasks(first, {
    id: 'stays',
    tasks: {
      planned: '',
      once: 'return 1',
      long: `task.log.info('at ' + task.state); if (task.state === null) { await task.checkpoint(5); ${UNTIL_TOLD} ; throw new Error('stopped') } return task.state`,
    },
    declared: { planned: { delaySeconds: 900, repeatSeconds: 3600 }, once: { delaySeconds: 0 } },
  })
  const long = await schedule(first, 'stays', 'long')
  await until('its checkpoint', async () => (await taskOf(first, long)).checkpoint === 5)
  await until('the one that runs once', async () =>
    (await tasksOf(first, 'stays')).some(({ name, state }) => name === 'once' && state === 'succeeded'),
  )
  const [planned] = await waiting(first, 'stays')
  await first.close()
  const second = await startTestRuntime(t, { config: { data } })
  const { result, attempts } = await reach(second, long, 'succeeded')
  assert.deepEqual([result, attempts], [5, 0])
  assert.deepEqual(
    (await waiting(second, 'stays')).map(({ id, dueMs }) => [id, dueMs]),
    [[planned?.id, planned?.dueMs]],
  )
  assert.equal((await tasksOf(second, 'stays')).filter(({ name }) => name === 'once').length, 1)
})
