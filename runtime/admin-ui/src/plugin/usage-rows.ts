// The figures of a plugin as lines of text. `bad` marks those that exceeded a quota.

import type { Resources } from '../../../../sdk/api/resources.ts'

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
  const dropped = logLinesDropped > 0 ? `, ${number(logLinesDropped)} dropped` : ''
  return [
    row('CPU, last minute', `${number(resources.cpuPercent)} % of a core`),
    row('Requests refused for that', number(throttled), throttled > 0),
    row('Most memory', `${number(resources.peakMemoryMb)} MB`),
    row('Storage', bytes(resources.storageBytes)),
    row('Received', bytes(resources.bytesIn)),
    row('Sent', bytes(resources.bytesOut)),
    ...(sockets > 0 ? [row('Open WebSockets', number(sockets))] : []),
    row('Calls to the server', calls.length === 0 ? 'none' : calls.join(', ')),
    ...(tasks !== undefined && tasks.runs > 0 ? taskRows(tasks) : []),
    row('Log lines', number(resources.logLines) + dropped, logLinesDropped > 0),
  ]
}

function taskRows({
  running,
  runs,
  failures,
  ...used
}: NonNullable<Resources['tasks']>): readonly UsageRow[] {
  const parts = [number(runs), ...(running > 0 ? [`${number(running)} now`] : [])]
  return [
    row(
      'Runs of background tasks',
      [...parts, ...(failures > 0 ? [`${number(failures)} failed`] : [])].join(', '),
    ),
    row('Of these: CPU, last minute', `${number(used.cpuPercent)} % of a core`),
    row('Of these: most memory', `${number(used.peakMemoryMb)} MB`),
  ]
}

/** Figures that may explain why a plugin was stopped. */
export function evidenceRows(resources: Resources): readonly UsageRow[] {
  const { requests, errors, restarts, throttled } = resources
  return [
    row('Requests', number(requests)),
    row('Errors', number(errors), errors > 0),
    row('Restarts', number(restarts), restarts > 0),
    row('Most memory', `${number(resources.peakMemoryMb)} MB`),
    row('CPU, last minute', `${number(resources.cpuPercent)} % of a core`),
    ...(throttled > 0 ? [row('Requests refused for that', number(throttled), true)] : []),
  ]
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** "0 bytes", "69.9 kB", "1.2 GB". */
export function bytes(count: number): string {
  const step = count < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3))
  return `${number(count / 1000 ** step)} ${UNITS[step]}`
}

function row(label: string, value: string, bad = false): UsageRow {
  return { label, value, bad }
}

function number(value: number): string {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(value)
}
