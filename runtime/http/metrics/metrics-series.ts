// All our series of /metrics: name, meaning, and source of the values.
// Invariant: docs/metrics.md lists exactly these rows (a test compares them); names follow the conventions of Prometheus.

import type { PluginUsage } from '../../lifecycle/views/plugin-usage.ts'
import type { KillReason } from '../../sandbox/types.ts'
import { DURATION_BUCKETS, type TargetFigures } from './http-meter.ts'

/** A snapshot of current values. */
export interface Snapshot {
  readonly version: string
  readonly http: readonly TargetFigures[]
  readonly children: Readonly<Record<string, number>>
  readonly kills: Readonly<Record<KillReason, number>>
  readonly uploads: Readonly<Record<string, number>>
  readonly waitingBytes: number
  readonly plugins: readonly PluginUsage[]
}

export interface Value {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** If it differs from the name of the series: "…_bucket" of a histogram. */
  readonly metricName?: string
}

export interface Series {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  /** One sentence, no final period. */
  readonly help: string
  readonly values: (now: Snapshot) => readonly Value[]
}

const DURATION = 'plugbay_http_request_duration_seconds'

export const SERIES: readonly Series[] = [
  {
    name: 'plugbay_info',
    type: 'gauge',
    labels: ['version'],
    help: 'Always 1; the label is the version of Plugbay',
    values: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: 'plugbay_http_requests_total',
    type: 'counter',
    labels: ['target', 'status'],
    help: 'HTTP responses by target (backend or page of a plugin, or the runtime) and status class',
    values: ({ http }) =>
      http.flatMap(({ target, classes }) =>
        classes.map((value, index) => ({ labels: { target, status: `${index + 1}xx` }, value })),
      ),
  },
  {
    name: DURATION,
    type: 'histogram',
    labels: ['target'],
    help: 'Time until the response head',
    values: ({ http }) => http.flatMap(histogram),
  },
  {
    name: 'plugbay_child_processes',
    type: 'gauge',
    labels: ['kind'],
    help: 'Running child processes: sandbox, data, files, usb, package, source-map, compression, template',
    values: ({ children }) => byLabel('kind', children),
  },
  {
    name: 'plugbay_sandbox_kills_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Instances and sandbox processes killed, by reason; crash: the process exited by itself',
    values: ({ kills }) => byLabel('reason', kills),
  },
  {
    name: 'plugbay_uploads_total',
    type: 'counter',
    labels: ['outcome'],
    help: 'Uploaded packages: created, updated, unchanged, refused',
    values: ({ uploads }) => byLabel('outcome', uploads),
  },
  {
    name: 'plugbay_waiting_requests_bytes',
    type: 'gauge',
    labels: [],
    help: 'Memory of queued requests, over all plugins',
    values: ({ waitingBytes }) => [{ labels: {}, value: waitingBytes }],
  },
  {
    name: 'plugbay_plugins',
    type: 'gauge',
    labels: ['state'],
    help: 'Installed plugins by state',
    values: ({ plugins }) => {
      const counts: Record<string, number> = {}
      for (const { state } of plugins) counts[state] = (counts[state] ?? 0) + 1
      return byLabel('state', counts)
    },
  },
  ofPlugin('requests_total', 'counter', 'Requests to the backend', ({ resources }) => resources.requests),
  ofPlugin(
    'request_errors_total',
    'counter',
    'Requests that the backend failed',
    ({ resources }) => resources.errors,
  ),
  ofPlugin(
    'requests_throttled_total',
    'counter',
    'Requests refused because the plugin had exceeded its CPU limit',
    ({ resources }) => resources.throttled,
  ),
  ofPlugin(
    'requests_in_flight',
    'gauge',
    'Requests in flight, open WebSockets included',
    ({ resources }) => resources.requestsInFlight,
  ),
  ofPlugin('requests_waiting', 'gauge', 'Queued requests', ({ queue }) => queue.waiting),
  ofPlugin(
    'requests_queued_total',
    'counter',
    'Requests that were queued, including those that waited for the backend to start',
    ({ queue }) => queue.queued,
  ),
  ofPlugin(
    'request_wait_seconds_total',
    'counter',
    'Total time that requests spent queued',
    ({ queue }) => queue.waitedMs / 1000,
  ),
  ofPlugin(
    'requests_refused_total',
    'counter',
    'Requests refused because they would have missed their deadline',
    ({ queue }) => queue.refused,
  ),
  ofPlugin('open_sockets', 'gauge', 'Open WebSockets', ({ resources }) => resources.sockets),
  ofPlugin(
    'request_body_bytes_total',
    'counter',
    'Bytes of request bodies and of messages received from WebSockets',
    ({ resources }) => resources.bytesIn,
  ),
  ofPlugin(
    'response_body_bytes_total',
    'counter',
    'Bytes of response bodies and of messages sent to WebSockets',
    ({ resources }) => resources.bytesOut,
  ),
  ofPlugin(
    'cpu_seconds_total',
    'counter',
    'CPU time of the sandbox process (in a shared process, the share of the plugin), and of the data process for its calls',
    ({ resources }) => resources.cpuMs / 1000,
  ),
  ofPlugin(
    'cpu_average_cores',
    'gauge',
    'CPU time charged against limits.cpuPercent, in cores, averaged over the last minute',
    ({ resources }) => resources.cpuPercent / 100,
  ),
  ofPlugin('heap_bytes', 'gauge', 'Heap of the running instances', ({ memory }) => memory.heapBytes),
  ofPlugin(
    'external_memory_bytes',
    'gauge',
    'Buffers outside the heap of the running instances',
    ({ memory }) => memory.externalBytes,
  ),
  ofPlugin(
    'memory_peak_bytes',
    'gauge',
    'Highest sum of heap and buffers measured',
    ({ memory }) => memory.peakBytes,
  ),
  ofPlugin(
    'restarts_total',
    'counter',
    'Instances that ended unexpectedly',
    ({ resources }) => resources.restarts,
  ),
  {
    name: 'plugbay_plugin_host_calls_total',
    type: 'counter',
    labels: ['plugin', 'call'],
    help: 'Host calls by name',
    values: ({ plugins }) =>
      plugins.flatMap(({ id, resources }) =>
        Object.entries(resources.hostCalls).map(([call, value]) => ({ labels: { plugin: id, call }, value })),
      ),
  },
  ofPlugin(
    'task_runs_total',
    'counter',
    'Runs of background tasks',
    ({ resources }) => resources.tasks?.runs ?? 0,
  ),
  ofPlugin(
    'task_failures_total',
    'counter',
    'Runs of background tasks that failed, also where another attempt follows',
    ({ resources }) => resources.tasks?.failures ?? 0,
  ),
  ofPlugin(
    'tasks_running',
    'gauge',
    'Background tasks that run now',
    ({ resources }) => resources.tasks?.running ?? 0,
  ),
  ofPlugin(
    'task_cpu_seconds_total',
    'counter',
    'CPU time of background tasks, which is not in cpu_seconds_total',
    ({ resources }) => (resources.tasks?.cpuMs ?? 0) / 1000,
  ),
  ofPlugin(
    'task_memory_bytes',
    'gauge',
    'Heap and buffers of the instance of background tasks',
    ({ taskMemory: { heapBytes, externalBytes } }) => heapBytes + externalBytes,
  ),
  ofPlugin(
    'storage_bytes',
    'gauge',
    'Files of the key-value storage and the database',
    ({ resources }) => resources.storageBytes,
  ),
  ofPlugin(
    'files_bytes',
    'gauge',
    'Files of the plugin, as limits.filesBytes counts them',
    ({ resources }) => resources.filesBytes ?? 0,
  ),
  ofPlugin(
    'log_lines_total',
    'counter',
    'Log lines written by the plugin',
    ({ resources }) => resources.logLines,
  ),
  ofPlugin(
    'log_lines_dropped_total',
    'counter',
    'Log lines dropped over limits.logLinesPerSecond',
    ({ resources }) => resources.logLinesDropped,
  ),
]

function ofPlugin(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  read: (plugin: PluginUsage) => number,
): Series {
  return {
    name: `plugbay_plugin_${name}`,
    type,
    labels: ['plugin'],
    help,
    values: ({ plugins }) =>
      plugins.map((plugin) => ({ labels: { plugin: plugin.id }, value: read(plugin) })),
  }
}

function byLabel(label: string, counts: Readonly<Record<string, number>>): readonly Value[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }))
}

function histogram({ target, buckets, count, sumSeconds }: TargetFigures): readonly Value[] {
  const bucket = (le: number | string, value: number): Value => ({
    metricName: `${DURATION}_bucket`,
    labels: { le, target },
    value,
  })
  return [
    ...DURATION_BUCKETS.map((le, index) => bucket(le, buckets[index] ?? 0)),
    bucket('+Inf', count),
    { metricName: `${DURATION}_sum`, labels: { target }, value: sumSeconds },
    { metricName: `${DURATION}_count`, labels: { target }, value: count },
  ]
}
