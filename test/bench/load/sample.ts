// One round of requests to one server: what the load generator has seen, and what the processes have used.

import type { Column } from '../figures/table.ts'
import { watchCpu } from '../processes/family.ts'
import type { MeasuredServer } from '../processes/server-process.ts'
import type { Load, LoadOptions } from './load.ts'

export interface Sample {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failedShare: number
  /** Microseconds of CPU time a request; null where the system does not tell. */
  readonly serverUs: number | null
  /** Of the sandbox process; null for a server without children. */
  readonly sandboxUs: number | null
  readonly otherChildrenUs: number | null
}

export const COLUMNS: readonly Column<Sample>[] = [
  { title: 'requests/s', of: (sample) => sample.requestsPerSecond, digits: 0 },
  { title: 'p50 ms', of: (sample) => sample.p50Ms, digits: 3 },
  { title: 'p99 ms', of: (sample) => sample.p99Ms, digits: 3 },
  { title: 'not 2xx %', of: (sample) => 100 * sample.failedShare, digits: 1 },
  { title: 'server CPU µs', of: (sample) => sample.serverUs, digits: 1 },
  { title: 'sandbox CPU µs', of: (sample) => sample.sandboxUs, digits: 1 },
  { title: 'other children µs', of: (sample) => sample.otherChildrenUs, digits: 1 },
]

export interface SampleOptions extends LoadOptions {
  readonly load: Load
  readonly path: string
  /** Whether failures are counted; else one ends the run, since refusals are quicker than answers. */
  readonly mayFail: boolean
}

export async function takeSample({ url, pid }: MeasuredServer, options: SampleOptions): Promise<Sample> {
  const { load, path, connections, seconds, mayFail } = options
  const { result, use } = await watchCpu(pid, () => load(url + path, { connections, seconds }))
  const { requests, failed, requestsPerSecond, p50Ms, p99Ms } = result
  if (failed > 0 && !mayFail) throw new Error(`${url}${path}: ${failed} of ${requests} requests failed`)
  const perRequest = (ms: number | null | undefined) => (ms == null ? null : (1000 * ms) / requests)
  return {
    ...{ requestsPerSecond, p50Ms, p99Ms },
    failedShare: failed / Math.max(requests, failed),
    serverUs: perRequest(use?.server),
    sandboxUs: perRequest(use?.busiestChild),
    otherChildrenUs: perRequest(use?.otherChildren),
  }
}
