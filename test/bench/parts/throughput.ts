// Requests per second, latency and CPU time of the plugin route and of an asset, against bare Hono and workerd.

import type { Figure } from '../figures/figure.ts'
import { ratioOf, type Table, tableOf } from '../figures/table.ts'
import { interleave, type Samples, type Servers } from '../load/interleave.ts'
import { COLUMNS, type Sample, takeSample } from '../load/sample.ts'
import { startPlugbay } from '../plugbay/server.ts'
import { helloPlugin } from '../plugins.ts'
import { type MeasuredServer, startServer } from '../processes/server-process.ts'
import { startWorkerd } from '../servers/workerd.ts'
import type { Part, PartOptions } from './part.ts'

const ROUTE = '/plugins/hello/api/greet/ada'
const ASSET = '/plugins/hello/app.js'
/** More than the requests in flight that one plugin may have (`limits.maxRequestsInFlight`). */
const MANY = [128, 512]

export async function measureThroughput(options: PartOptions): Promise<Part> {
  const servers = new Map<string, MeasuredServer>()
  try {
    for (const checkout of options.checkouts)
      servers.set(checkout.name, await startPlugbay(checkout, { plugins: [helloPlugin()] }))
    servers.set('hono', await startServer(new URL('../servers/bare-hono.ts', import.meta.url)))
    const workerd = await startWorkerd()
    if (workerd !== undefined) servers.set('workerd', workerd)
    return await measure(servers, options)
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()))
  }
}

interface Scene {
  readonly title: string
  readonly path: string
  readonly connections: number
  readonly mayFail: boolean
  readonly withWorkerd: boolean
  figures(samples: Samples<Sample>): readonly Figure[]
}

const SCENES: readonly Scene[] = [
  scene({ title: 'Plugin route, 32 connections', connections: 32, figures: routeAt32 }),
  scene({ title: 'Plugin route, 1 connection', connections: 1, figures: routeAt1 }),
  scene({
    ...{ title: 'Asset of 20 kB, 32 connections', path: ASSET, connections: 32, withWorkerd: false },
    figures: asset,
  }),
  ...MANY.map((connections) =>
    scene({
      ...{
        title: `Plugin route, ${connections} connections`,
        connections,
        mayFail: true,
        withWorkerd: false,
      },
      figures: (samples) => crowd(samples, connections),
    }),
  ),
]

function scene(some: Pick<Scene, 'title' | 'connections' | 'figures'> & Partial<Scene>): Scene {
  return { path: ROUTE, mayFail: false, withWorkerd: true, ...some }
}

async function measure(servers: Servers, { load, rounds, seconds }: PartOptions): Promise<Part> {
  const tables: Record<string, Table> = {}
  const figures: Figure[] = []
  for (const { title, withWorkerd, figures: read, ...options } of SCENES) {
    const taking = new Map([...servers].filter(([name]) => withWorkerd || name !== 'workerd'))
    const samples = await interleave(taking, {
      rounds,
      warmUp: (server) => takeSample(server, { load, seconds: 1, ...options }),
      sample: (server) => takeSample(server, { load, seconds, ...options }),
    })
    tables[title] = tableOf(samples, COLUMNS)
    figures.push(...read(samples))
  }
  return { tables, figures }
}

const rps = ({ requestsPerSecond }: Sample) => requestsPerSecond
const p50 = ({ p50Ms }: Sample) => p50Ms
const p99 = ({ p99Ms }: Sample) => p99Ms
const serverUs = (sample: Sample) => sample.serverUs
const sandboxUs = (sample: Sample) => sample.sandboxUs

function routeAt32(samples: Samples<Sample>): readonly Figure[] {
  const name = 'route at 32'
  const hono = { to: 'hono', better: 'lower' } as const
  return [
    ratioOf(samples, `${name}: requests/s against bare Hono`, {
      ...hono,
      of: rps,
      better: 'higher',
      aim: 0.6,
    }),
    ratioOf(samples, `${name}: requests/s against workerd`, {
      ...{ of: rps, to: 'workerd', better: 'higher', aim: 2.5 },
    }),
    ratioOf(samples, `${name}: p99 against bare Hono`, { ...hono, of: p99, aim: 2.5 }),
    // Aims of 20 and 10 µs, where bare Hono takes 12: as ratios they hold on any machine.
    ratioOf(samples, `${name}: CPU time of the runtime against bare Hono`, {
      ...{ ...hono, of: serverUs, aim: 20 / 12 },
    }),
    ratioOf(samples, `${name}: CPU time of the sandbox against bare Hono`, {
      ...{ ...hono, of: sandboxUs, toOf: serverUs, aim: 10 / 12 },
    }),
    againstBase(samples, name),
  ].flat()
}

function routeAt1(samples: Samples<Sample>): readonly Figure[] {
  const name = 'route at 1'
  return [
    ratioOf(samples, `${name}: p50 against workerd`, { of: p50, to: 'workerd', better: 'lower', aim: 1 }),
    ratioOf(samples, `${name}: p99 against bare Hono`, { of: p99, to: 'hono', better: 'lower', aim: 2.5 }),
    againstBase(samples, name),
  ].flat()
}

function asset(samples: Samples<Sample>): readonly Figure[] {
  const name = 'asset at 32'
  return [
    ratioOf(samples, `${name}: requests/s against serveStatic`, {
      ...{ of: rps, to: 'hono', better: 'higher', aim: 0.8 },
    }),
    ratioOf(samples, `${name}: requests/s against base`, { of: rps, to: 'base', better: 'higher' }),
  ].flat()
}

function crowd(samples: Samples<Sample>, connections: number): readonly Figure[] {
  const name = `route at ${connections}`
  const share: Figure = {
    ...{ name: `${name}: share of answers that are not 2xx`, unit: 'share', better: 'lower', aim: 0 },
    rounds: (samples.plugbay ?? []).map(({ failedShare }) => failedShare),
  }
  return [
    share,
    ...ratioOf(samples, `${name}: p99 against bare Hono`, { of: p99, to: 'hono', better: 'lower' }),
  ]
}

function againstBase(samples: Samples<Sample>, name: string): readonly Figure[] {
  const base = { to: 'base', better: 'lower' } as const
  return [
    ratioOf(samples, `${name}: requests/s against base`, { ...base, of: rps, better: 'higher' }),
    ratioOf(samples, `${name}: p99 against base`, { ...base, of: p99 }),
    ratioOf(samples, `${name}: CPU time of the runtime against base`, { ...base, of: serverUs }),
    ratioOf(samples, `${name}: CPU time of the sandbox against base`, { ...base, of: sandboxUs }),
  ].flat()
}
