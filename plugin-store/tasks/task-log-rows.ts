// The lines of a task's log.
// Invariant: a task has `keep` lines at most, the newest ones; numbers go up by one, so a gap shows what was dropped.

import type { TaskLevel } from '../../sdk/protocol/task-levels.ts'
import type { Db } from '../database/engine.ts'
import type { TaskLine } from './task-records.ts'

export async function addLines(
  db: Db,
  taskSeq: number,
  { lines, keep }: { readonly lines: readonly TaskLine[]; readonly keep: number },
): Promise<void> {
  const last = lines.at(-1)
  if (last === undefined) return
  // The plugin may have been uninstalled meanwhile.
  const task = await db.selectFrom('tasks').select('seq').where('seq', '=', taskSeq).executeTakeFirst()
  if (task === undefined) return
  await db
    .insertInto('task_log')
    .values(
      lines.map(({ number, timeMs, level, text }) => ({
        task_seq: taskSeq,
        number,
        time_ms: timeMs,
        level,
        text,
      })),
    )
    .execute()
  if (last.number > keep)
    await db
      .deleteFrom('task_log')
      .where('task_seq', '=', taskSeq)
      .where('number', '<=', last.number - keep)
      .execute()
}

export async function linesAfter(db: Db, taskSeq: number, after: number): Promise<readonly TaskLine[]> {
  const rows = await db
    .selectFrom('task_log')
    .selectAll()
    .where('task_seq', '=', taskSeq)
    .where('number', '>', after)
    .orderBy('number')
    .execute()
  return rows.map(({ number, time_ms: timeMs, level, text }) => ({
    number,
    timeMs,
    // Written from a TaskLevel.
    level: level as TaskLevel,
    text,
  }))
}

export async function lastLine(db: Db, taskSeq: number): Promise<number> {
  const row = await db
    .selectFrom('task_log')
    .select((eb) => eb.fn.max('number').as('last'))
    .where('task_seq', '=', taskSeq)
    .executeTakeFirst()
  return row?.last ?? 0
}
