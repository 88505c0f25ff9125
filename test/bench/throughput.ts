// Requests per second and latency of the plugin route and of an asset, against bare Hono and workerd, interleaved.

import { type Load, type LoadFigures, loadGenerator } from './load.ts'
import { type MeasuredServer, startServer } from './server-process.ts'
import { startWorkerd } from './servers/workerd.ts'
import { median, round } from './statistics.ts'

const ROUTE = '/plugins/hello/api/greet/ada'
const ASSET = '/plugins/hello/app.js'

export interface ThroughputOptions {
  readonly rounds: number
  readonly seconds: number
}

type Figures = Record<string, LoadFigures>

export async function measureThroughput(options: ThroughputOptions) {
  const { name, load } = await loadGenerator()
  const servers: Record<string, MeasuredServer> = {}
  try {
    servers.plugbay = await startServer(new URL('./servers/plugbay.ts', import.meta.url))
    servers.hono = await startServer(new URL('./servers/bare-hono.ts', import.meta.url))
    const workerd = await startWorkerd()
    if (workerd !== undefined) servers.workerd = workerd
    const { workerd: _none, ...withAssets } = servers
    const at32 = await compare(servers, { ...options, load, path: ROUTE, connections: 32 })
    const at1 = await compare(servers, { ...options, load, path: ROUTE, connections: 1 })
    const asset = await compare(withAssets, { ...options, load, path: ASSET, connections: 32 })
    return { generator: name, at32, at1, asset, ratios: ratios({ at32, at1, asset }) }
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()))
  }
}

interface Comparison extends ThroughputOptions {
  readonly load: Load
  readonly path: string
  readonly connections: number
}

/** Every server in turn, round after round; the median of each. */
async function compare(servers: Record<string, MeasuredServer>, options: Comparison): Promise<Figures> {
  const { load, path, connections, rounds, seconds } = options
  const runs: Record<string, LoadFigures[]> = {}
  for (const { url } of Object.values(servers)) await load(url + path, { connections, seconds: 1 })
  for (let round = 0; round < rounds; round++) {
    for (const [name, { url }] of Object.entries(servers)) {
      const list = runs[name] ?? []
      list.push(await load(url + path, { connections, seconds }))
      runs[name] = list
    }
  }
  return Object.fromEntries(
    Object.entries(runs).map(([name, list]) => [
      name,
      {
        requestsPerSecond: Math.round(median(list.map((each) => each.requestsPerSecond))),
        p50Ms: round(median(list.map((each) => each.p50Ms)), 3),
        p99Ms: round(median(list.map((each) => each.p99Ms)), 3),
      },
    ]),
  )
}

function ratios({ at32, at1, asset }: { at32: Figures; at1: Figures; asset: Figures }) {
  const ratio = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? null : round(a / b)
  return {
    'route at 32: against bare Hono (aim >= 0.45)': ratio(
      at32.plugbay?.requestsPerSecond,
      at32.hono?.requestsPerSecond,
    ),
    'route at 32: against workerd (aim >= 2.5)': ratio(
      at32.plugbay?.requestsPerSecond,
      at32.workerd?.requestsPerSecond,
    ),
    'route at 1: p50 against workerd (aim <= 1.25)': ratio(at1.plugbay?.p50Ms, at1.workerd?.p50Ms),
    'asset at 32: against serveStatic (aim >= 0.8)': ratio(
      asset.plugbay?.requestsPerSecond,
      asset.hono?.requestsPerSecond,
    ),
  }
}
