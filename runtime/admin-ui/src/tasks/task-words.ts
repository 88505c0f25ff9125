// Tasks in words: states, times, repetitions, and who started one.

import type { TaskView } from '../../../../sdk/api/tasks.ts'

export interface TaskStateWords {
  readonly label: string
  readonly color: string
}

export const TASK_STATES: Readonly<Record<TaskView['state'], TaskStateWords>> = {
  waiting: { label: 'Waiting', color: 'gray' },
  running: { label: 'Running', color: 'blue' },
  cancelling: { label: 'Cancelling', color: 'orange' },
  succeeded: { label: 'Succeeded', color: 'teal' },
  warning: { label: 'Warning', color: 'yellow' },
  failed: { label: 'Failed', color: 'red' },
  cancelled: { label: 'Cancelled', color: 'gray' },
}

export function isOpen({ finishedAt }: TaskView): boolean {
  return finishedAt === null
}

export function timeText(time: string): string {
  return new Date(time).toLocaleString()
}

/** What matters of its times now. */
export function whenText({ state, runAt, startedAt, finishedAt }: TaskView): string {
  if (finishedAt !== null) return timeText(finishedAt)
  if (state === 'waiting') return `at ${timeText(runAt)}`
  return startedAt === null ? '' : `since ${timeText(startedAt)}`
}

export function repeatText(repeat: TaskView['repeat']): string | undefined {
  if (repeat === null) return undefined
  if ('seconds' in repeat) return `every ${durationText(repeat.seconds)}`
  return repeat.timeZone === null ? repeat.cron : `${repeat.cron} in ${repeat.timeZone}`
}

export function starterText({ kind, name, user }: TaskView['startedBy']): string {
  if (kind === 'schedule') return 'its schedule'
  if (kind === 'user') return `user "${name}"`
  return user === undefined ? 'the plugin' : `the plugin, for user "${user}"`
}

export function sourceText({ plugin }: Pick<TaskView, 'plugin'>): string {
  return plugin ?? 'the server'
}

export function progressText({ progress }: TaskView): string {
  if (progress === null) return ''
  const percent = `${Math.round(progress.fraction * 100)} %`
  return progress.message === null ? percent : `${percent} · ${progress.message}`
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const

/** In the largest unit of which it is a multiple: "2 hours", "90 seconds". */
function durationText(seconds: number): string {
  const [size, name] = UNITS.find(([unit]) => seconds % unit === 0) ?? ([1, 'second'] as const)
  const count = seconds / size
  return count === 1 ? name : `${count} ${name}s`
}
