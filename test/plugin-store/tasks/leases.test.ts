// Leases on tasks: what a dead runner held runs again, and what it still writes changes nothing.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { NewTask, TakenTask, TaskEnd } from '../../../plugin-store/tasks/task-records.ts'
import type { TaskStore } from '../../../plugin-store/tasks/task-store.ts'
import { audit, release, tempStore } from '../temp-store.ts'

const TASK: NewTask = {
  ...{ id: 't1', pluginId: 'a', name: 'work', key: 'k', queue: 'default', priority: 5, weight: 1 },
  ...{ isExclusive: false, runAtMs: 0, dueMs: 0, afterId: null, level: 20 },
  spec: {
    ...{ args: null, repeat: { seconds: 60 }, repeatUntilMs: null, maxAttempts: 25, backoff: null },
    ...{ deadlineSeconds: 3600, startedBy: { kind: 'plugin', name: 'a' } },
  },
}
const END: TaskEnd = {
  ...{ state: 'succeeded', attempts: 0, problem: null, result: 1, worked: true, progress: null },
  next: { ...TASK, id: 't2', runAtMs: 60_000, dueMs: 60_000 },
}
const HOW = { dedupe: 'replace', maxOpen: 10, nowMs: 0 } as const

async function open(t: TestContext): Promise<TaskStore> {
  const { catalog, tasks } = await tempStore(t)
  await catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  await tasks.schedule(TASK, HOW)
  return tasks
}

async function take(tasks: TaskStore, owner: string, untilMs = 100): Promise<TakenTask> {
  const choose = <T>(all: readonly T[]) => all
  const [taken] = await tasks.take({
    pluginId: 'a',
    nowMs: 1,
    owner,
    untilMs,
    limit: 10,
    fullQueues: [],
    choose,
  })
  assert.ok(taken)
  return taken
}

test('a task whose lease has run out runs again, and its first runner ends, reports and stores nothing', async (t) => {
  const tasks = await open(t)
  const first = await take(tasks, 'one')
  assert.equal(await tasks.takeBack({ nowMs: 50, owner: 'two', alone: false }), 0)
  assert.equal(await tasks.takeBack({ nowMs: 101, owner: 'two', alone: false }), 1)
  const second = await take(tasks, 'two')
  assert.ok(second.lease.epoch > first.lease.epoch)
  assert.equal(await tasks.end(first.lease, END, 2), false)
  assert.equal(await tasks.checkpoint(first.lease, 'late'), false)
  assert.equal(await tasks.progress(first.lease, { fraction: 1, part: null, message: null }), false)
  assert.equal((await tasks.get('t1'))?.checkpoint, null)
  assert.equal(await tasks.get('t2'), undefined)
  assert.deepEqual(await tasks.heartbeat({ owner: 'one', untilMs: 500 }), [])
  assert.equal((await tasks.heartbeat({ owner: 'two', untilMs: 500 })).length, 1)
  assert.equal(await tasks.end(second.lease, END, 2), true)
  assert.equal(await tasks.end(second.lease, END, 2), false)
  assert.equal((await tasks.get('t2'))?.state, 'waiting')
})

test('who is alone on the store takes back what others held, and cancels what was to be cancelled', async (t) => {
  const tasks = await open(t)
  await take(tasks, 'one')
  assert.equal(await tasks.cancel('t1', 2), 'cancelling')
  assert.equal(await tasks.takeBack({ nowMs: 3, owner: 'two', alone: true }), 0)
  assert.equal((await tasks.get('t1'))?.state, 'cancelled')
})

test('a stale lock does not double a schedule: what was replaced while its runner was dead never runs again', async (t) => {
  const tasks = await open(t)
  await take(tasks, 'one')
  assert.equal((await tasks.schedule({ ...TASK, id: 't3' }, HOW)).outcome, 'replaced')
  await tasks.takeBack({ nowMs: 101, owner: 'two', alone: false })
  assert.equal((await tasks.get('t1'))?.state, 'cancelled')
  assert.equal((await take(tasks, 'two')).task.id, 't3')
})
