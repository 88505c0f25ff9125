// Cron expressions: the only user of croner, which knows time zones and both changes of the clock.
// Invariant: five fields, so that nothing of a plugin runs more often than once a minute.

import { Cron } from 'croner'
import type { TaskRepeat } from '../../plugin-store/tasks/task-records.ts'

type CronRepeat = Extract<TaskRepeat, { readonly cron: string }>

/** What is wrong with an expression or a time zone; undefined when nothing is. */
export function cronFault(repeat: CronRepeat): string | undefined {
  try {
    // An unknown zone is noticed by its first use.
    return nextCron(repeat, Date.now()) === undefined ? 'never matches a time' : undefined
  } catch (error) {
    return `is not valid: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** The first time after `afterMs`; undefined when there is none. @throws for an expression that is not valid */
export function nextCron({ cron, timeZone }: CronRepeat, afterMs: number): number | undefined {
  const parsed = new Cron(cron, {
    paused: true,
    mode: '5-part',
    ...(timeZone !== null && { timezone: timeZone }),
  })
  return parsed.nextRun(new Date(afterMs))?.getTime()
}
