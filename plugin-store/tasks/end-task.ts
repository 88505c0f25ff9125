// The end of a task: its last state, its next repetition, and what waited for it.
// Invariant: all of it is stored, or none; the holder of an old lease ends nothing.

import type { Db } from '../database/engine.ts'
import { toJson } from '../json-column.ts'
import { holds, type Lease } from '../leased-queue.ts'
import type { TaskEnd, TaskProblem, TaskReturn } from './task-records.ts'
import { jsonOrNull, rowOf } from './task-rows.ts'

const FREE = { lease_owner: null, lease_until_ms: null } as const

export async function endTask(db: Db, lease: Lease, end: TaskEnd, nowMs: number): Promise<boolean> {
  const ended = await db
    .updateTable('tasks')
    .set({
      ...FREE,
      state: end.state,
      attempts: end.attempts,
      problem: jsonOrNull(end.problem),
      result: jsonOrNull(end.result),
      worked: end.worked ? 1 : 0,
      ...(end.progress !== null && { progress: toJson(end.progress) }),
      finished_at_ms: nowMs,
    })
    .where(holds(lease))
    .returning(['replaced'])
    .executeTakeFirst()
  if (ended === undefined) return false
  if (end.next !== null && ended.replaced === 0)
    await db.insertInto('tasks').values(rowOf(end.next, nowMs)).execute()
  await settleFollowers(db, lease.id, end.state, nowMs)
  return true
}

/** The task waits again; one that was replaced meanwhile is over. */
export async function putBackTask(db: Db, lease: Lease, back: TaskReturn, nowMs: number): Promise<boolean> {
  const row = await db
    .updateTable('tasks')
    .set({
      ...FREE,
      state: 'waiting',
      run_at_ms: back.runAtMs,
      attempts: back.attempts,
      problem: jsonOrNull(back.problem),
      worked: back.worked ? 1 : 0,
    })
    .where(holds(lease))
    .returning(['replaced'])
    .executeTakeFirst()
  if (row?.replaced === 1) await cancelReplaced(db, nowMs)
  return row !== undefined
}

/** Cancels what waits although another task has taken its place. */
export async function cancelReplaced(db: Db, nowMs: number): Promise<void> {
  const rows = await db
    .updateTable('tasks')
    .set({ state: 'cancelled', finished_at_ms: nowMs, problem: toJson(REPLACED) })
    .where('state', '=', 'waiting')
    .where('replaced', '=', 1)
    .returning('id')
    .execute()
  for (const { id } of rows) await cancelFollowers(db, id, nowMs)
}

const REPLACED: TaskProblem = { code: 'CANCELLED', message: 'Another task has taken its place' }
const UNREACHED: TaskProblem = {
  code: 'CANCELLED',
  message: 'The task that it was to follow has failed, or was cancelled',
}

async function settleFollowers(db: Db, id: string, state: TaskEnd['state'], nowMs: number): Promise<void> {
  if (state === 'failed' || state === 'cancelled') return await cancelFollowers(db, id, nowMs)
  await db.updateTable('tasks').set({ after_id: null }).where('after_id', '=', id).execute()
}

/** Those that waited for the task, and those that waited for them. */
export async function cancelFollowers(db: Db, id: string, nowMs: number): Promise<void> {
  const rows = await db
    .updateTable('tasks')
    .set({ state: 'cancelled', finished_at_ms: nowMs, problem: toJson(UNREACHED), after_id: null })
    .where('after_id', '=', id)
    .where('state', '=', 'waiting')
    .returning('id')
    .execute()
  for (const row of rows) await cancelFollowers(db, row.id, nowMs)
}
