// Messages of WebSockets that a plugin sends back, against a bare `ws` server.

import type { Figure } from '../figures/figure.ts'
import { type Column, ratioOf, type Table, tableOf } from '../figures/table.ts'
import { type EchoLoad, loadEcho } from '../load/echo-load.ts'
import { interleave, type Samples } from '../load/interleave.ts'
import { startPlugbay } from '../plugbay/server.ts'
import { echoPlugin } from '../plugins.ts'
import { watchCpu } from '../processes/family.ts'
import { type MeasuredServer, startServer } from '../processes/server-process.ts'
import type { Part, PartOptions } from './part.ts'

const PATH = '/plugins/echo/api/'

type Scene = Omit<EchoLoad, 'seconds'>

/** Of messages that several are under way of; one alone waits for every process on its way to wake up. */
const AIM = 0.4

/** From question and answer to a stream, from one visitor to a room. */
const SCENES: readonly Scene[] = [
  { sockets: 1, inFlight: 1, bytes: 64, kind: 'text' },
  { sockets: 32, inFlight: 1, bytes: 64, kind: 'text' },
  { sockets: 1, inFlight: 64, bytes: 64, kind: 'text' },
  { sockets: 16, inFlight: 16, bytes: 64, kind: 'text' },
  { sockets: 16, inFlight: 16, bytes: 64, kind: 'binary' },
  { sockets: 16, inFlight: 4, bytes: 4096, kind: 'text' },
  { sockets: 4, inFlight: 4, bytes: 65_536, kind: 'binary' },
]

export async function measureSockets({ checkouts, rounds, seconds }: PartOptions): Promise<Part> {
  const servers = new Map<string, MeasuredServer>()
  try {
    const config = { 'limits.cpuPercent': 10_000 }
    for (const checkout of checkouts)
      servers.set(checkout.name, await startPlugbay(checkout, { plugins: [echoPlugin()], config }))
    servers.set('ws', await startServer(new URL('../servers/bare-sockets.ts', import.meta.url)))
    const tables: Record<string, Table> = {}
    const figures: Figure[] = []
    for (const scene of SCENES) {
      const samples = await interleave(servers, {
        rounds,
        warmUp: (server) => takeSample(server, { ...scene, seconds: 1 }),
        // Half of it: there are many scenes.
        sample: (server) => takeSample(server, { ...scene, seconds: seconds / 2 }),
      })
      tables[titleOf(scene)] = tableOf(samples, COLUMNS)
      figures.push(...figuresOf(scene, samples))
    }
    return { tables, figures }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()))
  }
}

function titleOf({ sockets, inFlight, bytes, kind }: Scene): string {
  const size = bytes < 1024 ? `${bytes} B` : `${bytes / 1024} kB`
  return `echo of ${size}, ${kind}, sockets: ${sockets}, in flight: ${inFlight}`
}

interface Sample {
  readonly messagesPerSecond: number
  /** Microseconds of CPU time a message, there and back; null where the system does not tell. */
  readonly serverUs: number | null
  readonly sandboxUs: number | null
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'messages/s', of: (sample) => sample.messagesPerSecond, digits: 0 },
  { title: 'server CPU µs', of: (sample) => sample.serverUs, digits: 1 },
  { title: 'sandbox CPU µs', of: (sample) => sample.sandboxUs, digits: 1 },
]

async function takeSample({ url, pid }: MeasuredServer, load: EchoLoad): Promise<Sample> {
  const { result, use } = await watchCpu(pid, () => loadEcho(url + PATH, load))
  const perMessage = (ms: number | null | undefined) => (ms == null ? null : (1000 * ms) / result.messages)
  return {
    messagesPerSecond: result.messages / result.seconds,
    serverUs: perMessage(use?.server),
    sandboxUs: perMessage(use?.busiestChild),
  }
}

function figuresOf(scene: Scene, samples: Samples<Sample>): readonly Figure[] {
  const title = titleOf(scene)
  const isAlone = scene.sockets * scene.inFlight === 1
  const rate = (sample: Sample) => sample.messagesPerSecond
  const cost = ({ serverUs, sandboxUs }: Sample) => (serverUs === null ? null : serverUs + (sandboxUs ?? 0))
  return [
    ...ratioOf(samples, `${title}: messages/s against bare ws`, {
      ...{ of: rate, to: 'ws', better: 'higher', ...(!isAlone && { aim: AIM }) },
    }),
    ...ratioOf(samples, `${title}: CPU time against bare ws`, { of: cost, to: 'ws', better: 'lower' }),
    ...ratioOf(samples, `${title}: messages/s against base`, { of: rate, to: 'base', better: 'higher' }),
    ...ratioOf(samples, `${title}: CPU time against base`, { of: cost, to: 'base', better: 'lower' }),
  ]
}
