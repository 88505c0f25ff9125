// Figures of our own process that must count from its start: prom-client's begin with the first request for /metrics.
// The names and meanings are those of prom-client.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Value } from './metrics-series.ts'

export interface ProcessSeries {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly values: () => readonly Value[]
}

const RESOLUTION_MS = 20

/**
 * CPU time since the start of the process; delays of the event loop since now, and after each reading of their maximum since
 * that one.
 * @param ending ends the measurement
 */
export function processSeries(ending: AbortSignal): readonly ProcessSeries[] {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  ending.addEventListener('abort', () => delays.disable(), { once: true })

  const cpu = (kind: string, help: string, micros: (usage: NodeJS.CpuUsage) => number): ProcessSeries => ({
    name: `process_cpu_${kind}seconds_total`,
    type: 'counter',
    help,
    values: () => [{ labels: {}, value: micros(process.cpuUsage()) / 1e6 }],
  })
  const lag = (kind: string, help: string, nanos: () => number): ProcessSeries => ({
    name: `nodejs_eventloop_lag_${kind}_seconds`,
    type: 'gauge',
    help,
    values: () => [{ labels: {}, value: nanos() / 1e9 }],
  })
  return [
    cpu('user_', 'Total user CPU time spent in seconds.', ({ user }) => user),
    cpu('system_', 'Total system CPU time spent in seconds.', ({ system }) => system),
    cpu('', 'Total user and system CPU time spent in seconds.', ({ user, system }) => user + system),
    lag('min', 'The minimum recorded event loop delay.', () => delays.min),
    lag('mean', 'The mean of the recorded event loop delays.', () => delays.mean),
    lag('stddev', 'The standard deviation of the recorded event loop delays.', () => delays.stddev),
    lag('p50', 'The 50th percentile of the recorded event loop delays.', () => delays.percentile(50)),
    lag('p90', 'The 90th percentile of the recorded event loop delays.', () => delays.percentile(90)),
    lag('p99', 'The 99th percentile of the recorded event loop delays.', () => delays.percentile(99)),
    // The last one, since the reading ends a period.
    lag('max', 'The maximum recorded event loop delay.', () => {
      const { max } = delays
      delays.reset()
      return max
    }),
  ]
}
