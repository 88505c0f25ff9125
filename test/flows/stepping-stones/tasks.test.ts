// Background tasks, row by row of SteppingStones' table: what django-background-tasks does, and what its users ask for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { TaskView } from '../../../sdk/api/tasks.ts'
import { api, install, send, startTestRuntime, temporaryFolder, until } from '../../support/runtime.ts'
import {
  installTasks,
  linesOf,
  reach,
  schedule,
  taskOf,
  taskPlugin,
  tasksOf,
} from '../../tasks/task-runtime.ts'

const UNTIL_STOPPED = "await new Promise((resolve) => task.signal.addEventListener('abort', resolve))"
const view = async (runtime: Runtime, id: string) =>
  (await (await api(runtime, `/tasks/${id}`)).json()) as TaskView
const open = async (runtime: Runtime, id: string) =>
  (await tasksOf(runtime, id)).filter(({ finishedAtMs }) => finishedAtMs === null)
const ended = async (runtime: Runtime, id: string) =>
  (await tasksOf(runtime, id)).filter(({ finishedAtMs }) => finishedAtMs !== null)

test('BackgroundTask members: a delay of 30 s, no repetition, and a waiting run replaced are the defaults', async (t) => {
  const runtime = await startTestRuntime(t)
  const plugin = {
    id: 'members',
    tasks: { plain: '', kept: '' },
    declared: { plain: {}, kept: { delaySeconds: 60, repeatSeconds: 90, replaceExisting: false } },
  }
  await installTasks(runtime, plugin)
  const named = async (name: string) => {
    const [task, ...more] = (await open(runtime, 'members')).filter((each) => each.name === name)
    assert.deepEqual(more, [])
    return task ?? assert.fail(`no task "${name}"`)
  }
  const [plain, kept] = [await named('plain'), await named('kept')]
  const delay = (task: typeof plain) => Math.round((task.runAtMs - task.createdAtMs) / 1000)
  assert.deepEqual([delay(plain), plain.spec.repeat], [30, null])
  assert.deepEqual([delay(kept), kept.spec.repeat], [60, { seconds: 90 }])
  await installTasks(runtime, { ...plugin, version: '1.1.0' })
  assert.notEqual((await named('plain')).id, plain.id)
  assert.equal((await named('kept')).id, kept.id)
  // A declared task without its function is found before anything is scheduled.
  const { backend, ...rest } = taskPlugin({ id: 'forgot', tasks: { plain: '' }, declared: { plain: {} } })
  assert.ok(backend)
  await install(runtime, { ...rest, backend: 'export default { fetch() {}, tasks: {} }' })
  const { state, problem } = await runtime.plugins.get('forgot')
  assert.equal(state, 'failed')
  assert.match(String(problem?.message), /tasks\.plain|"plain"/)
})

test('Scheduling at start: a plugin is scheduled when it is enabled, in any application, and not again at each start', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  await installTasks(first, {
    id: 'start',
    tasks: { hourly: '' },
    declared: { hourly: { repeatSeconds: 3600 } },
  })
  const [planned] = await open(first, 'start')
  await first.close()
  const second = await startTestRuntime(t, { config: { data } })
  assert.deepEqual(
    (await open(second, 'start')).map(({ id, runAtMs }) => [id, runAtMs]),
    [[planned?.id, planned?.runAtMs]],
  )
})

test('Disabled plugin: its tasks wait, and go on when it is enabled', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, {
    id: 'sleeper',
    tasks: { often: 'task.worked()' },
    declared: { often: { delaySeconds: 0, repeatSeconds: 1 } },
  })
  await until('it runs', async () => (await ended(runtime, 'sleeper')).length > 0)
  await send(runtime, 'POST', '/plugins/sleeper/disable')
  const count = (await ended(runtime, 'sleeper')).length
  await wait(2500)
  assert.equal((await ended(runtime, 'sleeper')).length, count)
  await send(runtime, 'POST', '/plugins/sleeper/enable')
  await until('it runs again', async () => (await ended(runtime, 'sleeper')).length > count)
})

test('Runner: plugins run beside each other and beside requests, and one that hangs holds up no other', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, { id: 'hangs', tasks: { long: UNTIL_STOPPED } })
  await installTasks(runtime, { id: 'quick', tasks: { short: 'return 1' } })
  const long = await schedule(runtime, 'hangs', 'long')
  await reach(runtime, long, 'running')
  await reach(runtime, await schedule(runtime, 'quick', 'short'), 'succeeded')
  const again = await schedule(runtime, 'hangs', 'long', { queue: 'other' })
  await reach(runtime, again, 'running')
  const filtered = await api(runtime, '/tasks?plugin=hangs&queue=other')
  assert.deepEqual(
    ((await filtered.json()) as { readonly items: readonly TaskView[] }).items.map(({ id }) => id),
    [again],
  )
})

test('Persistence: what waits and what runs outlives the server, with everything that is known of it', async (t) => {
  const data = await temporaryFolder(t)
  const plugin = {
    id: 'keeper',
    tasks: {
      later: '',
      long: `if (task.state === null) { await task.checkpoint({ page: 3 }); await new Promise(() => {}) } return task.state`,
    },
  }
  const first = await startTestRuntime(t, { config: { data } })
  await installTasks(first, plugin)
  const later = await schedule(first, 'keeper', 'later', {
    ...{ args: { book: 'b1' }, delaySeconds: 3600, key: 'b1', priority: 2, queue: 'slow', maxAttempts: 3 },
  })
  const long = await schedule(first, 'keeper', 'long')
  await until('its checkpoint', async () => (await taskOf(first, long)).checkpoint !== null)
  const { level: _, ...before } = await view(first, later)
  await first.close()
  const second = await startTestRuntime(t, { config: { data } })
  const { level: __, ...after } = await view(second, later)
  assert.deepEqual(after, before)
  assert.deepEqual(
    [after.args, after.key, after.priority, after.queue, after.maxAttempts],
    [{ book: 'b1' }, 'b1', 2, 'slow', 3],
  )
  const { result, attempts } = await reach(second, long, 'succeeded')
  assert.deepEqual([result, attempts], [{ page: 3 }, 0])
})

test('schedule=: a delay, a date or a time as text, a priority, and what happens to an equal one that waits', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, { id: 'times', tasks: { note: '' } })
  const at = new Date(Date.now() + 7_200_000)
  for (const time of [at.toISOString(), at.getTime()]) {
    const { runAtMs } = await taskOf(runtime, await schedule(runtime, 'times', 'note', { at: time }))
    assert.equal(runAtMs, at.getTime())
  }
  const args = { book: 'b2' }
  const delayed = await schedule(runtime, 'times', 'note', { args, delaySeconds: 600, priority: 1 })
  const { runAtMs, createdAtMs, priority } = await taskOf(runtime, delayed)
  assert.deepEqual([Math.round((runAtMs - createdAtMs) / 1000), priority], [600, 1])
  // SCHEDULE, CHECK_EXISTING and RESCHEDULE_EXISTING.
  const again = (dedupe: string) =>
    schedule(runtime, 'times', 'note', { args, dedupe, key: 'b2', delaySeconds: 1200 })
  const [one, other] = [await again('add'), await again('add')]
  assert.notEqual(one, other)
  assert.ok([one, other].includes(await again('skip')))
  assert.ok([one, other].includes(await again('reschedule')))
})

test('replace/remove_existing: what repeats is never doubled, also when its run is going on, and other arguments are another task', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, { id: 'chains', tasks: { sync: UNTIL_STOPPED } })
  const repeated = (args: unknown) => schedule(runtime, 'chains', 'sync', { args, repeatSeconds: 3600 })
  const first = await repeated('a')
  await reach(runtime, first, 'running')
  const second = await repeated('a')
  const third = await repeated('b')
  assert.equal((await send(runtime, 'POST', `/tasks/${first}/cancel`)).status, 200)
  await reach(runtime, first, 'cancelled')
  assert.deepEqual((await open(runtime, 'chains')).map(({ id }) => id).toSorted(), [second, third].toSorted())
})

test('Pick order: lower priority first, then the order of time', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, { id: 'line', tasks: { hold: UNTIL_STOPPED, note: '' } })
  const alone = { exclusive: true }
  const hold = await schedule(runtime, 'line', 'hold', alone)
  await reach(runtime, hold, 'running')
  const ids = [
    await schedule(runtime, 'line', 'note', { ...alone, args: 'third' }),
    await schedule(runtime, 'line', 'note', { ...alone, args: 'fourth' }),
    await schedule(runtime, 'line', 'note', { ...alone, args: 'first', priority: 0 }),
    await schedule(runtime, 'line', 'note', { ...alone, args: 'second', priority: 4 }),
  ]
  await send(runtime, 'POST', `/tasks/${hold}/cancel`)
  const done = await Promise.all(ids.map((id) => reach(runtime, id, 'succeeded')))
  assert.deepEqual(
    done.toSorted((a, b) => (a.startedAtMs ?? 0) - (b.startedAtMs ?? 0)).map(({ spec }) => spec.args),
    ['first', 'second', 'third', 'fourth'],
  )
})

test('Lock expiry: a run that is longer than its lease is not started twice while its server lives', async (t) => {
  const runtime = await startTestRuntime(t, { config: { tasks: { leaseMs: 1000 } } })
  await installTasks(runtime, {
    id: 'slow',
    tasks: {
      long: `const runs = Number(await env.kv.get('runs') ?? 0) + 1
        await env.kv.put('runs', String(runs))
        await new Promise((resolve) => setTimeout(resolve, 3500))
        return Number(await env.kv.get('runs'))`,
    },
  })
  const { result, attempts, startedAtMs, finishedAtMs } = await reach(
    runtime,
    await schedule(runtime, 'slow', 'long'),
    'succeeded',
  )
  assert.deepEqual([result, attempts], [1, 0])
  assert.ok((finishedAtMs ?? 0) - (startedAtMs ?? 0) >= 3000)
})

test('Success: what has finished stays in the history, with result and log, until it is cleaned', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, {
    id: 'done',
    tasks: { work: 'task.log.info("at work"); return { pages: 7 }' },
  })
  const id = await schedule(runtime, 'done', 'work')
  assert.deepEqual((await reach(runtime, id, 'succeeded')).result, { pages: 7 })
  assert.ok((await linesOf(runtime, id)).includes('at work'))
  const { deleted } = (await (await send(runtime, 'POST', '/tasks/clean')).json()) as {
    readonly deleted: number
  }
  assert.equal(deleted, 1)
  assert.equal((await api(runtime, `/tasks/${id}`)).status, 404)
})

test('Repeat: times stay on the grid of the first, what was missed is skipped, and the last is before repeatUntil', async (t) => {
  const runtime = await startTestRuntime(t)
  const longer = 'await new Promise((resolve) => setTimeout(resolve, 1300))'
  await installTasks(runtime, { id: 'grid', tasks: { often: longer } })
  await schedule(runtime, 'grid', 'often', {
    ...{ key: 'grid', repeatSeconds: 1, repeatUntil: Date.now() + 5000 },
  })
  await until('the last has ended', async () => (await open(runtime, 'grid')).length === 0)
  const times = (await ended(runtime, 'grid')).map(({ dueMs }) => dueMs).toSorted((a, b) => a - b)
  const [first = 0] = times
  assert.ok(times.length >= 2 && times.length <= 4, times.join())
  for (const time of times) assert.equal((time - first) % 1000, 0)
})

test('Failure: the next attempt is after attempts^4 + 5 seconds with the error kept, attempts end, and repetitions go on', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, {
    id: 'fails',
    tasks: { once: 'throw new Error("no paper")', often: 'throw new Error("again")' },
  })
  const once = await schedule(runtime, 'fails', 'once')
  await until('the first attempt', async () => (await taskOf(runtime, once)).attempts === 1)
  const retried = await taskOf(runtime, once)
  assert.equal(retried.state, 'waiting')
  assert.match(String(retried.problem?.message), /no paper/)
  const pause = retried.runAtMs - Date.now()
  assert.ok(pause > 1000 && pause <= 6000, String(pause))
  const last = await schedule(runtime, 'fails', 'once', { maxAttempts: 1 })
  await reach(runtime, last, 'failed')
  await schedule(runtime, 'fails', 'often', { key: 'often', repeatSeconds: 1, maxAttempts: 1 })
  await until(
    'repetitions go on after failures',
    async () => (await ended(runtime, 'fails')).filter(({ name }) => name === 'often').length >= 2,
  )
})

test('.now(...): an operator runs a task now instead of at its time', async (t) => {
  const runtime = await startTestRuntime(t)
  await installTasks(runtime, { id: 'now', tasks: { nightly: 'return "done"' } })
  const id = await schedule(runtime, 'now', 'nightly', { delaySeconds: 86_400 })
  assert.equal((await send(runtime, 'POST', `/tasks/${id}/run`)).status, 200)
  assert.equal((await reach(runtime, id, 'succeeded')).result, 'done')
})
