// The load of autocannon: slower than wrk, but an npm package.

import autocannon from 'autocannon'
import type { LoadFigures, LoadOptions } from './load.ts'

export async function loadByAutocannon(
  url: string,
  { connections, seconds }: LoadOptions,
): Promise<LoadFigures> {
  const { requests, latency, non2xx, errors } = await autocannon({ url, connections, duration: seconds })
  return {
    requests: requests.total,
    requestsPerSecond: requests.average,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    failed: non2xx + errors,
  }
}
