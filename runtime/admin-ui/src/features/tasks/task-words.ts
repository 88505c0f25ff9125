// Tasks in words: states, times, repetitions, and who started one.

import type { TaskView } from '../../../../../sdk/api/tasks.ts'
import { plural, t, timeText } from '../../languages/text.ts'

export interface TaskStateWords {
  readonly label: string
  readonly color: string
}

export const TASK_STATES: Readonly<Record<TaskView['state'], TaskStateWords>> = {
  waiting: { label: t('Waiting'), color: 'gray' },
  running: { label: t('Running'), color: 'blue' },
  cancelling: { label: t('Cancelling'), color: 'orange' },
  succeeded: { label: t('Succeeded'), color: 'teal' },
  warning: { label: t('Warning'), color: 'yellow' },
  failed: { label: t('Failed'), color: 'red' },
  cancelled: { label: t('Cancelled'), color: 'gray' },
}

export function isOpen({ finishedAt }: TaskView): boolean {
  return finishedAt === null
}

/** What matters of its times now. */
export function whenText({ state, runAt, startedAt, finishedAt }: TaskView): string {
  if (finishedAt !== null) return timeText(finishedAt)
  if (state === 'waiting') return t('at {time}', { time: timeText(runAt) })
  return startedAt === null ? '' : t('since {time}', { time: timeText(startedAt) })
}

export function repeatText(repeat: TaskView['repeat']): string | undefined {
  if (repeat === null) return undefined
  if ('seconds' in repeat) return everyText(repeat.seconds)
  return repeat.timeZone === null
    ? repeat.cron
    : t('{cron} in {timeZone}', { cron: repeat.cron, timeZone: repeat.timeZone })
}

export function starterText({ kind, name, user }: TaskView['startedBy']): string {
  if (kind === 'schedule') return t('its schedule')
  if (kind === 'user') return t('user "{name}"', { name })
  return user === undefined ? t('the plugin') : t('the plugin, for user "{user}"', { user })
}

export function sourceText({ plugin }: Pick<TaskView, 'plugin'>): string {
  return plugin ?? t('the server')
}

export function progressText({ progress }: TaskView): string {
  if (progress === null) return ''
  const percent = `${Math.round(progress.fraction * 100)} %`
  return progress.message === null ? percent : `${percent} · ${progress.message}`
}

/** In the largest unit of which it is a multiple: "every 2 hours", "every 90 seconds". */
function everyText(seconds: number): string {
  if (seconds % 86_400 === 0) return plural('every day', 'every {count} days', { count: seconds / 86_400 })
  if (seconds % 3600 === 0) return plural('every hour', 'every {count} hours', { count: seconds / 3600 })
  if (seconds % 60 === 0) return plural('every minute', 'every {count} minutes', { count: seconds / 60 })
  return plural('every second', 'every {count} seconds', { count: seconds })
}
