// What a visitor of one plugin notices of another that keeps a processor busy: p99 while it does, against p99 while it rests.
// The busy one stays within its limits, in a process of its own, and is asked again as soon as it has answered.

import { startPlugbay } from '../plugbay/server.ts'
import { busyPlugin, helloPlugin } from '../plugins.ts'
import { percentile } from '../statistics.ts'
import type { Moment } from './moment.ts'

/** Askers of the neighbour, each with a pause between its requests: a light load, as in life. */
const ASKERS = 4
const PAUSE_MS = 4
const BUSY_MS = 300

export function fairness(seconds: number): Moment {
  return {
    figures: [
      { name: 'neighbour of a busy plugin: p99 against p99 at rest', unit: 'ratio', aim: 1.5 },
      { name: 'neighbour of a busy plugin: p99', unit: 'ms' },
      { name: 'neighbour at rest: p99', unit: 'ms' },
    ],
    async open(checkout) {
      const server = await startPlugbay(checkout, {
        plugins: [helloPlugin(), busyPlugin()],
        // The quota of a minute would end the measurement, and with it what is measured.
        config: { 'limits.cpuPercent': 100 },
      })
      return {
        async measure() {
          const quiet = percentile(await visit(server.url, seconds), 99)
          const stop = keepBusy(server.url)
          const busy = percentile(await visit(server.url, seconds), 99)
          await stop()
          return [busy / quiet, busy, quiet]
        },
        close: () => server.stop(),
      }
    },
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
