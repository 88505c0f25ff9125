// What a visitor of one plugin notices of another that keeps a processor busy: p99 while it does, against p99 while it rests,
// in turns. The busy one stays within its limits, in a process of its own, and is asked again as soon as it has answered.

import { startServer } from './server-process.ts'
import { median, percentile, round } from './statistics.ts'

/** Askers of the neighbour, each with a pause between its requests: a light load, as in life. */
const ASKERS = 4
const PAUSE_MS = 4
const BUSY_MS = 300

export interface FairnessOptions {
  readonly rounds: number
  readonly seconds: number
}

export async function measureFairness({ rounds, seconds }: FairnessOptions) {
  const server = await startServer(new URL('./servers/fairness.ts', import.meta.url))
  try {
    await visit(server.url, 2)
    const quiet: number[][] = []
    const busy: number[][] = []
    for (let turn = 0; turn < rounds; turn++) {
      quiet.push(await visit(server.url, seconds))
      const stop = keepBusy(server.url)
      busy.push(await visit(server.url, seconds))
      await stop()
    }
    const p99 = (runs: readonly number[][]) => median(runs.map((run) => percentile(run, 99)))
    const p50 = (runs: readonly number[][]) => median(runs.map((run) => percentile(run, 50)))
    return {
      'neighbour at rest, p50 and p99 in ms': [round(p50(quiet)), round(p99(quiet))],
      'neighbour beside a plugin at 100 % of a core, p50 and p99 in ms': [round(p50(busy)), round(p99(busy))],
      'ratio of p99 (aim <= 3)': round(
        median(busy.map((run, turn) => percentile(run, 99) / percentile(quiet[turn] ?? [], 99))),
      ),
    }
  } finally {
    await server.stop()
  }
}

/** @returns latencies in milliseconds */
async function visit(url: string, seconds: number): Promise<number[]> {
  const end = performance.now() + seconds * 1000
  const times: number[] = []
  const asker = async () => {
    while (performance.now() < end) {
      const started = performance.now()
      const response = await fetch(`${url}/plugins/hello/api/greet/ada`)
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`The neighbour answered ${response.status}`)
      times.push(performance.now() - started)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  await Promise.all(Array.from({ length: ASKERS }, asker))
  return times
}

/** @returns its stop */
function keepBusy(url: string): () => Promise<void> {
  let isStopped = false
  const run = async () => {
    while (!isStopped) {
      const response = await fetch(`${url}/plugins/busy/api/?ms=${BUSY_MS}`)
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`The busy plugin answered ${response.status}`)
    }
  }
  const running = run()
  return async () => {
    isStopped = true
    await running
  }
}
