// The store of tasks on the database. Writes that come together are one transaction: see write-batch.ts.

import { cutPage, pageStart } from '../cursor.ts'
import type { Db, Engine } from '../database/engine.ts'
import { sql } from '../database/kysely.ts'
import { fromJson, toJson } from '../json-column.ts'
import { extendLeases, holds, isOrphan, type Lease, type Orphans, takeBackLeases } from '../leased-queue.ts'
import { WriteBatch } from '../write-batch.ts'
import { cancelFollowers, cancelReplaced, endTask, putBackTask } from './end-task.ts'
import { scheduleTask } from './schedule-task.ts'
import { takeTasks } from './take-tasks.ts'
import { addLines, lastLine, linesAfter } from './task-log-rows.ts'
import { INTERRUPTED, type TaskProblem, type TaskSpec } from './task-records.ts'
import { recordOf } from './task-rows.ts'
import type { TaskStore } from './task-store.ts'

/** Rows that one statement deletes. */
const CLEAN_STEP = 500

export function createTaskStore(engine: Engine): TaskStore {
  const batch = new WriteBatch(engine)
  return {
    schedule: (task, how) => batch.run((db) => scheduleTask(db, task, how), true),
    take: (take) => batch.run((db) => takeTasks(db, take)),
    heartbeat: (time) => batch.run((db) => extendLeases(db, 'tasks', time)),
    takeBack: (options) =>
      batch.run(async (db) => {
        await cancelOrphans(db, options)
        await failServerOrphans(db, options)
        const ids = await takeBackLeases(db, 'tasks', options)
        await cancelReplaced(db, options.nowMs)
        return ids.length
      }),
    progress: (lease, progress) => batch.run((db) => setHeld(db, lease, { progress: toJson(progress) })),
    checkpoint: (lease, checkpoint) =>
      batch.run((db) => setHeld(db, lease, { checkpoint: toJson(checkpoint, 'HOST_CALL_INVALID') })),
    end: (lease, end, nowMs) => batch.run((db) => endTask(db, lease, end, nowMs)),
    putBack: (lease, back, nowMs) => batch.run((db) => putBackTask(db, lease, back, nowMs)),
    cancel: (id, nowMs) => batch.run((db) => cancel(db, id, nowMs)),
    change: (id, { runAtMs, priority }) =>
      batch.run(async (db) => {
        const changed = await db
          .updateTable('tasks')
          .set({
            ...(runAtMs !== undefined && { run_at_ms: runAtMs }),
            ...(priority !== undefined && { priority }),
          })
          .where('id', '=', id)
          .where('state', '=', 'waiting')
          .returning('id')
          .executeTakeFirst()
        return changed !== undefined
      }),
    retry: (id, nowMs) => batch.run((db) => retry(db, id, nowMs)),
    setLevel: (id, level) =>
      batch.run(async (db) => {
        const row = await db
          .updateTable('tasks')
          .set({ level })
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst()
        return row !== undefined
      }),
    get: (id) =>
      engine.read(async (db) => {
        const row = await db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst()
        return row === undefined ? undefined : recordOf(row)
      }),
    list: ({ pluginId, name, queue, states, ...query }) =>
      engine.read(async (db) => {
        const { limit, after } = pageStart('tasks', query)
        let rows = db
          .selectFrom('tasks')
          .selectAll()
          .orderBy('seq', 'desc')
          .limit(limit + 1)
        if (pluginId !== undefined) rows = rows.where('plugin_id', '=', pluginId)
        if (name !== undefined) rows = rows.where('name', '=', name)
        if (queue !== undefined) rows = rows.where('queue', '=', queue)
        if (states !== undefined) rows = rows.where('state', 'in', [...states])
        if (after !== undefined) rows = rows.where('seq', '<', after)
        return cutPage(await rows.execute(), { list: 'tasks', limit, toItem: recordOf })
      }),
    nextRunAt: (sources, nowMs) =>
      engine.read(async (db) => {
        if (sources.length === 0) return undefined
        const plugins = sources.filter((source) => source !== null)
        const row = await db
          .selectFrom('tasks')
          .select('run_at_ms')
          .where('state', '=', sql.lit('waiting'))
          .where('run_at_ms', '>', nowMs)
          .where((eb) =>
            eb.or([
              ...(plugins.length > 0 ? [eb('plugin_id', 'in', plugins)] : []),
              ...(plugins.length < sources.length ? [eb('plugin_id', 'is', null)] : []),
            ]),
          )
          .orderBy('run_at_ms')
          .limit(1)
          .executeTakeFirst()
        return row?.run_at_ms
      }),
    addLines: (taskSeq, lines, keep) => batch.run((db) => addLines(db, taskSeq, { lines, keep })),
    lines: (taskSeq, after) => engine.read((db) => linesAfter(db, taskSeq, after)),
    lastLine: (taskSeq) => engine.read((db) => lastLine(db, taskSeq)),
    async clean(what) {
      for (let total = 0; ; ) {
        const count = await batch.run((db) => clean(db, what))
        total += count
        if (count < CLEAN_STEP) return total
      }
    },
    plan: (pluginId) =>
      engine.read(async (db) => {
        const row = await db
          .selectFrom('task_plans')
          .select('plan')
          .where('plugin_id', '=', pluginId)
          .executeTakeFirst()
        return row?.plan
      }),
    applyPlan: (pluginId, { plan, tasks, names }, nowMs) =>
      batch.run(async (db) => {
        // Uninstalled meanwhile.
        const installed = await db
          .selectFrom('installations')
          .select('id')
          .where('id', '=', pluginId)
          .executeTakeFirst()
        if (installed === undefined) return
        await db
          .insertInto('task_plans')
          .values({ plugin_id: pluginId, plan })
          .onConflict((conflict) => conflict.column('plugin_id').doUpdateSet({ plan }))
          .execute()
        if (names !== null) await cancelOthers(db, { pluginId, names, nowMs })
        for (const { task, dedupe } of tasks) await scheduleTask(db, task, { dedupe, nowMs })
      }),
  }
}

/** The release has no handlers for them. */
async function cancelOthers(
  db: Db,
  {
    pluginId,
    names,
    nowMs,
  }: { readonly pluginId: string; readonly names: readonly string[]; readonly nowMs: number },
): Promise<void> {
  const rows = await db
    .updateTable('tasks')
    .set({ state: 'cancelled', finished_at_ms: nowMs, problem: toJson(UNDECLARED) })
    .where('plugin_id', '=', pluginId)
    .where('state', '=', 'waiting')
    .$if(names.length > 0, (query) => query.where('name', 'not in', [...names]))
    .returning('id')
    .execute()
  for (const { id } of rows) await cancelFollowers(db, id, nowMs)
}

const UNDECLARED: TaskProblem = {
  code: 'TASK_INVALID',
  message: 'The release that serves now does not declare the task',
}

async function setHeld(
  db: Db,
  lease: Lease,
  values: { readonly progress?: string; readonly checkpoint?: string },
): Promise<boolean> {
  const row = await db.updateTable('tasks').set(values).where(holds(lease)).returning('id').executeTakeFirst()
  return row !== undefined
}

/** Those that were to be cancelled when their runner died. */
async function cancelOrphans(db: Db, orphans: Orphans): Promise<void> {
  const rows = await db
    .updateTable('tasks')
    .set({ state: 'cancelled', finished_at_ms: orphans.nowMs, lease_owner: null, lease_until_ms: null })
    .where('state', '=', 'cancelling')
    .where(isOrphan(orphans))
    .returning('id')
    .execute()
  for (const { id } of rows) await cancelFollowers(db, id, orphans.nowMs)
}

/** Only who gave the command knows whether it is to be given again. */
async function failServerOrphans(db: Db, orphans: Orphans): Promise<void> {
  const rows = await db
    .updateTable('tasks')
    .set({
      ...{ state: 'failed', finished_at_ms: orphans.nowMs, lease_owner: null, lease_until_ms: null },
      problem: toJson(INTERRUPTED),
    })
    .where('plugin_id', 'is', null)
    .where('state', '=', 'running')
    .where(isOrphan(orphans))
    .returning('id')
    .execute()
  for (const { id } of rows) await cancelFollowers(db, id, orphans.nowMs)
}

async function cancel(db: Db, id: string, nowMs: number): Promise<'cancelled' | 'cancelling' | undefined> {
  const waiting = await db
    .updateTable('tasks')
    .set({ state: 'cancelled', finished_at_ms: nowMs })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .returning('id')
    .executeTakeFirst()
  if (waiting !== undefined) {
    await cancelFollowers(db, id, nowMs)
    return 'cancelled'
  }
  const running = await db
    .updateTable('tasks')
    .set({ state: 'cancelling' })
    .where('id', '=', id)
    .where('state', 'in', ['running', 'cancelling'])
    .returning('id')
    .executeTakeFirst()
  return running === undefined ? undefined : 'cancelling'
}

/** The repetition goes on in another row. */
async function retry(db: Db, id: string, nowMs: number): Promise<boolean> {
  const row = await db
    .selectFrom('tasks')
    .select('spec')
    .where('id', '=', id)
    .where('finished_at_ms', 'is not', null)
    .executeTakeFirst()
  if (row === undefined) return false
  const spec: TaskSpec = { ...fromJson<TaskSpec>(row.spec), repeat: null }
  await db
    .updateTable('tasks')
    .set({
      ...{ state: 'waiting', run_at_ms: nowMs, attempts: 0, replaced: 0, spec: toJson(spec) },
      ...{ problem: null, result: null, finished_at_ms: null, after_id: null },
    })
    .where('id', '=', id)
    .execute()
  return true
}

async function clean(db: Db, what: Parameters<TaskStore['clean']>[0]): Promise<number> {
  let found = db.selectFrom('tasks').select('seq').where('finished_at_ms', 'is not', null).limit(CLEAN_STEP)
  if (what.pluginId !== undefined) found = found.where('plugin_id', '=', what.pluginId)
  if (what.finishedBeforeMs !== undefined) found = found.where('finished_at_ms', '<', what.finishedBeforeMs)
  if (what.unworked === true) found = found.where('worked', '=', 0).where('state', '=', 'succeeded')
  const rows = await db.deleteFrom('tasks').where('seq', 'in', found).returning('seq').execute()
  return rows.length
}
