// A gigabyte through a plugin, each way and both ways at once, against a bare proxy in front of a bare server; and how much the
// processes grow meanwhile.

import type { Figure } from '../figures/figure.ts'
import { type Column, ratioOf, type Table, tableOf } from '../figures/table.ts'
import { interleave, type Samples } from '../load/interleave.ts'
import { type Direction, transfer } from '../load/transfer.ts'
import { startPlugbay } from '../plugbay/server.ts'
import { bodiesPlugin } from '../plugins.ts'
import { watchCpu } from '../processes/family.ts'
import { type MeasuredServer, startServer } from '../processes/server-process.ts'
import { watchMemory } from '../processes/watch-memory.ts'
import type { Part, PartOptions } from './part.ts'

const BYTES = 1e9
const WARM_UP_BYTES = 1e8
const PATH = '/plugins/bodies/api/'
const DIRECTIONS: readonly Direction[] = ['upload', 'download', 'echo']
/** What is kept of a body must not depend on its length. */
const GROWTH_AIM_MB = 64

/** What else ends a body of a gigabyte, or a plugin that passes several. */
const CONFIG = {
  'limits.maxRequestBytes': 2 * BYTES,
  'limits.maxResponseBytes': 2 * BYTES,
  'limits.cpuMs': 600_000,
  'limits.cpuPercent': 10_000,
}

export async function measureStreams({ checkouts, rounds }: PartOptions): Promise<Part> {
  const servers = new Map<string, MeasuredServer>()
  try {
    for (const checkout of checkouts)
      servers.set(checkout.name, await startPlugbay(checkout, { plugins: [bodiesPlugin()], config: CONFIG }))
    servers.set('proxy', await startServer(new URL('../servers/bare-proxy.ts', import.meta.url)))
    const tables: Record<string, Table> = {}
    const figures: Figure[] = []
    for (const direction of DIRECTIONS) {
      const samples = await interleave(servers, {
        rounds,
        warmUp: ({ url }) => transfer(url + PATH, direction, WARM_UP_BYTES),
        sample: (server) => takeSample(server, direction),
      })
      tables[`1 GB, ${direction}`] = tableOf(samples, COLUMNS)
      figures.push(...figuresOf(direction, samples))
    }
    return { tables, figures }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()))
  }
}

/** What the system does not tell is null. */
interface Sample {
  readonly megabytesPerSecond: number
  /** Milliseconds of CPU time for all of it. */
  readonly serverMs: number | null
  readonly childMs: number | null
  /** Megabytes. */
  readonly serverGrowth: number | null
  readonly childGrowth: number | null
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'MB/s', of: (sample) => sample.megabytesPerSecond, digits: 0 },
  { title: 'server CPU ms', of: (sample) => sample.serverMs, digits: 0 },
  { title: 'child CPU ms', of: (sample) => sample.childMs, digits: 0 },
  { title: 'server grows by MB', of: (sample) => sample.serverGrowth, digits: 0 },
  { title: 'child grows by MB', of: (sample) => sample.childGrowth, digits: 0 },
]

async function takeSample({ url, pid }: MeasuredServer, direction: Direction): Promise<Sample> {
  const { result: memory, use } = await watchCpu(pid, () =>
    watchMemory(pid, () => transfer(url + PATH, direction, BYTES)),
  )
  const { result, growth } = memory
  return {
    megabytesPerSecond: result,
    serverMs: use?.server ?? null,
    childMs: use?.busiestChild ?? null,
    serverGrowth: growth?.server ?? null,
    childGrowth: growth?.child ?? null,
  }
}

function figuresOf(direction: Direction, samples: Samples<Sample>): readonly Figure[] {
  const name = `1 GB ${direction}`
  const speed = (sample: Sample) => sample.megabytesPerSecond
  const cost = ({ serverMs, childMs }: Sample) =>
    serverMs === null || childMs === null ? null : serverMs + childMs
  const growth = (of: string, pick: (sample: Sample) => number | null): Figure => ({
    ...{ name: `${name}: growth of the ${of}`, unit: 'MB', better: 'lower', aim: GROWTH_AIM_MB },
    rounds: (samples.plugbay ?? []).map(pick).filter((value) => value !== null),
  })
  return [
    ...ratioOf(samples, `${name}: MB/s against a bare proxy`, {
      ...{ of: speed, to: 'proxy', better: 'higher', aim: 0.5 },
    }),
    ...ratioOf(samples, `${name}: CPU time against a bare proxy`, {
      ...{ of: cost, to: 'proxy', better: 'lower' },
    }),
    ...ratioOf(samples, `${name}: MB/s against base`, { of: speed, to: 'base', better: 'higher' }),
    ...ratioOf(samples, `${name}: CPU time against base`, { of: cost, to: 'base', better: 'lower' }),
    growth('runtime', (sample) => sample.serverGrowth),
    growth('sandbox', (sample) => sample.childGrowth),
  ]
}
