// Scheduling: beside tasks of the same name and key, in queues, one after the other, within quotas, and with checked arguments.

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startTestRuntime, until } from '../support/runtime.ts'
import { installTasks, linesOf, reach, schedule, taskOf, tasksOf } from './task-runtime.ts'

const config = { tasks: { maxRunning: 6, maxRunningPerPlugin: 4, maxOpen: 20, graceMs: 200 } }
const runtime = await startTestRuntime({ after }, { config })
/** Ends at its signal. */
const UNTIL_TOLD = `await new Promise((resolve) => task.signal.addEventListener('abort', resolve))`
const LATER = { delaySeconds: 1000 }

await installTasks(runtime, {
  id: 'queue',
  tasks: {
    wait: UNTIL_TOLD,
    note: 'const list = (await env.kv.get("notes", "json")) ?? []; await env.kv.put("notes", JSON.stringify([...list, task.args]))',
    fail: 'task.failure("no")',
    checked: 'return task.args',
    own: `const { id } = await env.tasks.schedule('wait', null, { delaySeconds: 100 })
      const listed = await env.tasks.list({ name: 'wait', state: 'waiting' })
      const cancelled = [await env.tasks.cancel(id), await env.tasks.cancel(id), await env.tasks.cancel('unknown')]
      let refused
      try { await env.tasks.schedule('wiat') } catch (error) { refused = error.code + ' ' + error.message }
      return { isListed: listed.some((each) => each.id === id), cancelled, refused }`,
  },
  declared: {
    checked: {
      onDemand: true,
      arguments: {
        type: 'object',
        properties: { book: { type: 'string', maxLength: 5 } },
        required: ['book'],
      },
    },
  },
})

async function stop(id: string): Promise<void> {
  await runtime.store.tasks.cancel(id, Date.now())
  runtime.tasks.run('queue', { id })?.stop('cancelled')
  await reach(runtime, id, 'cancelled')
}

const startedBy = { kind: 'plugin', name: 'queue' } as const
const outcome = async (name: string, options: Readonly<Record<string, unknown>>) =>
  await runtime.tasks.schedule('queue', name, { args: null, options, startedBy })

describe('dedupe', () => {
  it('adds: both are there', async () => {
    const first = await outcome('wait', { ...LATER, key: 'a', dedupe: 'add' })
    const second = await outcome('wait', { ...LATER, key: 'a', dedupe: 'add' })
    assert.deepEqual([first.outcome, second.outcome], ['added', 'added'])
    for (const { id } of [first, second]) await stop(id)
  })

  it('replaces the one that waits', async () => {
    const first = await outcome('wait', { ...LATER, key: 'b' })
    const second = await outcome('wait', { delaySeconds: 2000, key: 'b' })
    assert.deepEqual([first.outcome, second.outcome], ['added', 'replaced'])
    assert.equal(await runtime.store.tasks.get(first.id), undefined)
    await stop(second.id)
  })

  it('reschedules the one that waits', async () => {
    const first = await outcome('wait', { ...LATER, key: 'c', dedupe: 'reschedule' })
    const before = await taskOf(runtime, first.id)
    const second = await outcome('wait', { delaySeconds: 2000, key: 'c', dedupe: 'reschedule' })
    assert.deepEqual(second, { id: first.id, outcome: 'rescheduled' })
    assert.ok((await taskOf(runtime, first.id)).runAtMs > before.runAtMs)
    await stop(first.id)
  })

  it('skips while one has not finished, by its arguments when it has no key', async () => {
    const first = await outcome('wait', { ...LATER, dedupe: 'skip' })
    assert.deepEqual(await outcome('wait', { dedupe: 'skip' }), { id: first.id, outcome: 'skipped' })
    await stop(first.id)
  })

  it('lets a running one end without its repetition when it is replaced', async () => {
    const { id } = await outcome('wait', { key: 'd', repeatSeconds: 3600 })
    await reach(runtime, id, 'running')
    const second = await outcome('wait', { ...LATER, key: 'd', repeatSeconds: 60 })
    assert.equal(second.outcome, 'replaced')
    const run = runtime.tasks.run('queue', { id })
    assert.ok(run)
    // It ends well, and nothing follows.
    run.stop('deadline')
    await until('the end of the first', async () => (await taskOf(runtime, id)).state !== 'running')
    const open = (await tasksOf(runtime, 'queue')).filter(({ finishedAtMs }) => finishedAtMs === null)
    assert.deepEqual(
      open.map((task) => task.id),
      [second.id],
    )
    await stop(second.id)
  })
})

describe('a queue', () => {
  it('runs by priority, then in order of time', async () => {
    const block = await schedule(runtime, 'queue', 'wait', { queue: 'line', exclusive: true })
    await reach(runtime, block, 'running')
    const ids: string[] = []
    for (const [args, priority] of [
      ['third', 5],
      ['fourth', 5],
      ['first', 0],
      ['second', 4],
    ] as const)
      ids.push(await schedule(runtime, 'queue', 'note', { args, priority, queue: 'line', exclusive: true }))
    await stop(block)
    for (const id of ids) await reach(runtime, id, 'succeeded')
    const started = (await tasksOf(runtime, 'queue')).filter(({ id }) => ids.includes(id))
    const order = started
      .sort((a, b) => (a.startedAtMs ?? 0) - (b.startedAtMs ?? 0))
      .map(({ spec }) => spec.args)
    assert.deepEqual(order, ['first', 'second', 'third', 'fourth'])
  })

  it('carries a weight of 100, and nothing overtakes one that does not fit', async () => {
    const heavy = await schedule(runtime, 'queue', 'wait', { queue: 'scale', weight: 60 })
    await reach(runtime, heavy, 'running')
    const next = await schedule(runtime, 'queue', 'wait', { queue: 'scale', weight: 60 })
    const light = await schedule(runtime, 'queue', 'wait', { queue: 'scale' })
    const beside = await schedule(runtime, 'queue', 'wait', { queue: 'other' })
    await reach(runtime, beside, 'running')
    assert.deepEqual(
      [(await taskOf(runtime, next)).state, (await taskOf(runtime, light)).state],
      ['waiting', 'waiting'],
    )
    await stop(heavy)
    await reach(runtime, next, 'running')
    await reach(runtime, light, 'running')
    for (const id of [next, light, beside]) await stop(id)
  })

  it('has as many runs of a plugin as it may have', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => schedule(runtime, 'queue', 'wait')))
    const states = async () =>
      (await Promise.all(ids.map((id) => taskOf(runtime, id)))).map(({ state }) => state)
    await until(
      'four to run',
      async () => (await states()).filter((state) => state === 'running').length === 4,
    )
    assert.equal((await states()).filter((state) => state === 'waiting').length, 2)
    for (const id of ids) await stop(id)
  })

  it('does not run two of one name and key at the same time', async () => {
    const first = await schedule(runtime, 'queue', 'wait', { key: 'same', dedupe: 'add' })
    const second = await schedule(runtime, 'queue', 'wait', { key: 'same', dedupe: 'add' })
    await reach(runtime, first, 'running')
    const other = await schedule(runtime, 'queue', 'wait', { key: 'different' })
    await reach(runtime, other, 'running')
    assert.equal((await taskOf(runtime, second)).state, 'waiting')
    await stop(first)
    await reach(runtime, second, 'running')
    for (const id of [second, other]) await stop(id)
  })
})

describe('a follow-up', () => {
  it('runs after the task that it names has succeeded', async () => {
    const first = await schedule(runtime, 'queue', 'wait', LATER)
    const second = await schedule(runtime, 'queue', 'note', { args: 'after', runAfter: first })
    assert.equal((await taskOf(runtime, second)).afterId, first)
    const done = await schedule(runtime, 'queue', 'note', { args: 'before' })
    await reach(runtime, done, 'succeeded')
    await reach(runtime, await schedule(runtime, 'queue', 'note', { runAfter: done }), 'succeeded')
    assert.equal((await taskOf(runtime, second)).state, 'waiting')
    await stop(first)
    const { problem } = await reach(runtime, second, 'cancelled')
    assert.match(String(problem?.message), /to follow has failed, or was cancelled/)
  })

  it('is refused after one that failed, and after none', async () => {
    const failed = await schedule(runtime, 'queue', 'fail')
    await reach(runtime, failed, 'failed')
    await assert.rejects(schedule(runtime, 'queue', 'note', { runAfter: failed }), { code: 'TASK_CONFLICT' })
    await assert.rejects(schedule(runtime, 'queue', 'note', { runAfter: 'nothing' }), {
      code: 'TASK_UNKNOWN',
    })
  })
})

describe('env.tasks', () => {
  it('schedules, lists and cancels tasks of the plugin, and refuses a name with the one that was meant', async () => {
    const { result } = await reach(runtime, await schedule(runtime, 'queue', 'own'), 'succeeded')
    assert.deepEqual(result, {
      isListed: true,
      cancelled: [true, false, false],
      refused: 'TASK_INVALID The manifest declares no task "wiat"; did you mean "wait"?',
    })
  })

  it('checks arguments against their schema', async () => {
    const given = (args: unknown) => schedule(runtime, 'queue', 'checked', { args })
    await assert.rejects(given({}), { code: 'TASK_INVALID', message: /lacks "book"/ })
    await assert.rejects(given({ book: 'too long' }), { code: 'TASK_INVALID', message: /at "\/book"/ })
    await assert.rejects(given({ book: 'b1', more: 1 }), {
      code: 'TASK_INVALID',
      message: /has no field "/,
    })
    const { result } = await reach(runtime, await given({ book: 'b1' }), 'succeeded')
    assert.deepEqual(result, { book: 'b1' })
  })

  it('holds a plugin to its number of open tasks', async () => {
    const ids: string[] = []
    await assert.rejects(
      async () => {
        for (let i = 0; i < 100; i++) ids.push(await schedule(runtime, 'queue', 'wait', LATER))
      },
      { code: 'QUOTA_EXCEEDED', message: /20 tasks that have not finished/ },
    )
    assert.equal(ids.length, 20)
    for (const id of ids) await stop(id)
    assert.deepEqual(await linesOf(runtime, ids[0] ?? ''), [])
  })
})
