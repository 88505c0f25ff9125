// Schedules one task beside those of the same name and key.
// Invariant: with any dedupe but "add", one of a name and key waits at most; one that runs goes on, and only its
// repetition is cancelled.

import type { Db } from '../database/engine.ts'
import { StoreError } from '../store-error.ts'
import { cancelFollowers } from './end-task.ts'
import type { Dedupe, NewTask, Scheduled, TaskSource } from './task-records.ts'
import { rowOf } from './task-rows.ts'

interface How {
  readonly dedupe: Dedupe
  /** Open tasks that a plugin may have; undefined for those of its manifest, and of the server. */
  readonly maxOpen?: number
  readonly nowMs: number
}

export async function scheduleTask(db: Db, task: NewTask, how: How): Promise<Scheduled> {
  const twins = how.dedupe === 'add' ? [] : await openTwins(db, task)
  const waiting = twins.find(({ state }) => state === 'waiting')
  if (how.dedupe === 'skip' && twins[0] !== undefined)
    return { id: (waiting ?? twins[0]).id, outcome: 'skipped' }
  if (how.dedupe === 'reschedule' && waiting !== undefined) {
    await db
      .updateTable('tasks')
      .set({ run_at_ms: task.runAtMs, due_ms: task.dueMs, priority: task.priority })
      .where('id', '=', waiting.id)
      .execute()
    return { id: waiting.id, outcome: 'rescheduled' }
  }
  if (how.dedupe === 'replace') await makeRoom(db, twins, how.nowMs)
  await requireRoom(db, task.pluginId, how.maxOpen)
  const placed = task.afterId === null ? task : await behind(db, { ...task, afterId: task.afterId })
  await db.insertInto('tasks').values(rowOf(placed, how.nowMs)).execute()
  return { id: task.id, outcome: twins.length > 0 && how.dedupe === 'replace' ? 'replaced' : 'added' }
}

type Twin = Awaited<ReturnType<typeof openTwins>>[number]

async function openTwins(db: Db, { pluginId, name, key }: NewTask) {
  return await db
    .selectFrom('tasks')
    .select(['id', 'state'])
    .where('plugin_id', 'is not distinct from', pluginId)
    .where('name', '=', name)
    .where('key', 'is', key)
    .where('finished_at_ms', 'is', null)
    .orderBy('seq')
    .execute()
}

/** One that waits goes; one that runs, or whose runner may be dead, goes on without anything to follow. */
async function makeRoom(db: Db, twins: readonly Twin[], nowMs: number): Promise<void> {
  for (const { id, state } of twins) {
    if (state === 'waiting') {
      await db.deleteFrom('tasks').where('id', '=', id).execute()
      await cancelFollowers(db, id, nowMs)
    } else await db.updateTable('tasks').set({ replaced: 1 }).where('id', '=', id).execute()
  }
}

async function requireRoom(db: Db, pluginId: TaskSource, maxOpen: number | undefined): Promise<void> {
  if (maxOpen === undefined) return
  const { open } = await db
    .selectFrom((from) =>
      from
        .selectFrom('tasks')
        .select('seq')
        .where('plugin_id', 'is not distinct from', pluginId)
        .where('finished_at_ms', 'is', null)
        .limit(maxOpen)
        .as('open'),
    )
    .select((eb) => eb.fn.countAll<number>().as('open'))
    .executeTakeFirstOrThrow()
  if (open >= maxOpen)
    throw new StoreError(
      'QUOTA_EXCEEDED',
      `The plugin has ${maxOpen} tasks that have not finished: no more can be scheduled`,
    )
}

/** A task that is to follow one that has ended well need not wait. */
async function behind(db: Db, task: NewTask & { readonly afterId: string }): Promise<NewTask> {
  const before = await db
    .selectFrom('tasks')
    .select(['state'])
    .where('id', '=', task.afterId)
    .where('plugin_id', 'is not distinct from', task.pluginId)
    .executeTakeFirst()
  if (before === undefined)
    throw new StoreError('TASK_UNKNOWN', `There is no task "${task.afterId.slice(0, 64)}" to run after`)
  if (before.state === 'failed' || before.state === 'cancelled')
    throw new StoreError('TASK_CONFLICT', `The task to run after has the state "${before.state}"`)
  return before.state === 'succeeded' || before.state === 'warning' ? { ...task, afterId: null } : task
}
