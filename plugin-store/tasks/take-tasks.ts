// Takes tasks that are due: looks for candidates in order, lets the caller choose, and leases them, in one transaction.

import type { Db } from '../database/engine.ts'
import { sql } from '../database/kysely.ts'
import { takeLeases } from '../leased-queue.ts'
import type { TakenTask } from './task-records.ts'
import { recordOf } from './task-rows.ts'
import type { Candidate, Take } from './task-store.ts'

export async function takeTasks(db: Db, take: Take): Promise<readonly TakenTask[]> {
  const chosen = take.choose(await candidates(db, take))
  const { owner, untilMs, nowMs } = take
  const leases = await takeLeases(db, 'tasks', { ids: chosen.map(({ id }) => id), owner, untilMs })
  if (leases.length === 0) return []
  const byId = new Map(leases.map((lease) => [lease.id, lease]))
  const rows = await db
    .updateTable('tasks')
    .set({ started_at_ms: nowMs, progress: null })
    .where('id', 'in', [...byId.keys()])
    .returningAll()
    .execute()
  const order = chosen.map(({ id }) => id)
  return rows
    .flatMap((row) => {
      const lease = byId.get(row.id)
      return lease === undefined ? [] : [{ task: recordOf(row), lease }]
    })
    .sort((a, b) => order.indexOf(a.task.id) - order.indexOf(b.task.id))
}

async function candidates(
  db: Db,
  { pluginId, nowMs, limit, fullQueues }: Take,
): Promise<readonly Candidate[]> {
  let rows = db
    .selectFrom('tasks')
    .select(['id', 'name', 'key', 'queue', 'weight', 'exclusive'])
    .where('plugin_id', 'is not distinct from', pluginId)
    .where('state', '=', sql.lit('waiting'))
    .where('run_at_ms', '<=', nowMs)
    .where('after_id', 'is', null)
    // What is about the same does not run at the same time.
    .where(
      sql<boolean>`(key IS NULL OR NOT EXISTS (SELECT 1 FROM tasks AS held WHERE held.plugin_id IS NOT DISTINCT FROM tasks.plugin_id
        AND held.name = tasks.name AND held.key = tasks.key AND held.state IN ('running', 'cancelling')))`,
    )
    .orderBy('priority')
    .orderBy('run_at_ms')
    .orderBy('seq')
    .limit(limit)
  if (fullQueues.length > 0) rows = rows.where('queue', 'not in', [...fullQueues])
  return (await rows.execute()).map(({ exclusive, ...row }) => ({ ...row, isExclusive: exclusive === 1 }))
}
