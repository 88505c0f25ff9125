// The figures of a plugin as lines of text. `bad` marks those that exceeded a quota.

import type { Resources } from '../../../../../sdk/api/resources.ts'
import { number, t } from '../../languages/text.ts'

export interface UsageRow {
  readonly label: string
  readonly value: string
  readonly bad: boolean
}

export function usageRows(resources: Resources): readonly UsageRow[] {
  const { hostCalls, logLinesDropped, throttled, sockets, tasks } = resources
  const calls = Object.entries(hostCalls)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${number(count)}`)
  const dropped = logLinesDropped > 0 ? t(', {value} dropped', { value: number(logLinesDropped) }) : ''
  return [
    row(t('CPU, last minute'), t('{value} % of a core', { value: number(resources.cpuPercent) })),
    row(t('Requests refused for that'), number(throttled), throttled > 0),
    row(t('Most memory'), t('{value} MB', { value: number(resources.peakMemoryMb) })),
    row(t('Storage'), bytes(resources.storageBytes)),
    row(t('Received'), bytes(resources.bytesIn)),
    row(t('Sent'), bytes(resources.bytesOut)),
    ...(sockets > 0 ? [row(t('Open WebSockets'), number(sockets))] : []),
    row(t('Calls to the server'), calls.length === 0 ? t('none') : calls.join(', ')),
    ...(tasks !== undefined && tasks.runs > 0 ? taskRows(tasks) : []),
    row(t('Log lines'), number(resources.logLines) + dropped, logLinesDropped > 0),
  ]
}

function taskRows({
  running,
  runs,
  failures,
  ...used
}: NonNullable<Resources['tasks']>): readonly UsageRow[] {
  const parts = [number(runs), ...(running > 0 ? [t('{value} now', { value: number(running) })] : [])]
  return [
    row(
      t('Runs of background tasks'),
      [...parts, ...(failures > 0 ? [t('{value} failed', { value: number(failures) })] : [])].join(', '),
    ),
    row(t('Of these: CPU, last minute'), t('{value} % of a core', { value: number(used.cpuPercent) })),
    row(t('Of these: most memory'), t('{value} MB', { value: number(used.peakMemoryMb) })),
  ]
}

/** Figures that may explain why a plugin was stopped. */
export function evidenceRows(resources: Resources): readonly UsageRow[] {
  const { requests, errors, restarts, throttled } = resources
  return [
    row(t('Requests'), number(requests)),
    row(t('Errors'), number(errors), errors > 0),
    row(t('Restarts'), number(restarts), restarts > 0),
    row(t('Most memory'), t('{value} MB', { value: number(resources.peakMemoryMb) })),
    row(t('CPU, last minute'), t('{value} % of a core', { value: number(resources.cpuPercent) })),
    ...(throttled > 0 ? [row(t('Requests refused for that'), number(throttled), true)] : []),
  ]
}

const UNITS = [
  t('{value} bytes'),
  t('{value} kB'),
  t('{value} MB'),
  t('{value} GB'),
  t('{value} TB'),
] as const

/** "0 bytes", "69.9 kB", "1.2 GB". */
export function bytes(count: number): string {
  const step = count < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3))
  return (UNITS[step] ?? '').replace('{value}', number(count / 1000 ** step))
}

function row(label: string, value: string, bad = false): UsageRow {
  return { label, value, bad }
}
