// The text of /metrics: our own series and those of the process, in a registry of this runtime alone.
// Invariant: every value is read on request, so that the series of a plugin end with it.

import type { Metric, Registry } from 'prom-client'
import type { HttpMeter } from './http-meter.ts'
import { SERIES, type Series, type Snapshot } from './metrics-series.ts'
import { type ProcessSeries, processSeries } from './process-series.ts'

export interface Metrics {
  /** Must be called for every answer. */
  readonly meter: HttpMeter
  readonly contentType: string
  /** In the text format of Prometheus. */
  text(): Promise<string>
}

/**
 * @param sample current values except the HTTP meter
 * @param ending ends what is observed all the time
 */
export function createMetrics(
  meter: HttpMeter,
  sample: () => Promise<Omit<Snapshot, 'http'>>,
  ending: AbortSignal,
): Metrics {
  const now = async (): Promise<Snapshot> => ({ ...(await sample()), http: meter.figures })
  const ofProcess = processSeries(ending)
  let registry: Promise<Registry> | undefined
  let snapshot: Promise<Snapshot>
  /** The other figures of the process are read when asked for: most servers never load the library. */
  const open = async () => {
    const { default: prometheus } = await import('prom-client')
    const made = new prometheus.Registry()
    prometheus.collectDefaultMetrics({ register: made })
    for (const series of ofProcess) {
      made.removeSingleMetric(series.name)
      made.registerMetric(readOnly(series, () => snapshot))
    }
    for (const series of SERIES) made.registerMetric(readOnly(series, () => snapshot))
    return made
  }
  return {
    meter,
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    async text() {
      registry ??= open()
      // All series of a response are from one moment.
      snapshot = now()
      return await (await registry).metrics()
    },
  }
}

/**
 * A registry reads its metrics by get() (prom-client, Registry). The library's classes hold values of their own, which would
 * have to be kept equal to ours; this one holds none.
 */
function readOnly(series: Series | ProcessSeries, snapshot: () => Promise<Snapshot>): Metric {
  const { name, help, type, values } = series
  const metric = {
    name,
    get: async () => ({ name, help, type, aggregator: 'sum', values: values(await snapshot()) }),
  }
  return metric as unknown as Metric
}
