// How long the neighbours are away when a plugin ruins the process that many of them share, under their visitors' hands.

import { setTimeout } from 'node:timers/promises'
import type { Runtime } from '../../runtime/index.ts'
import { crashingPlugin, helloPlugin } from './plugins.ts'
import { settle, upload, withRuntime } from './runtime.ts'
import { median, round } from './statistics.ts'

const PLUGINS = 16
const EVERY_MS = 50
const ROUNDS = 9
const GIVE_UP_MS = 20_000

export async function measureRecovery() {
  return await withRuntime({ maxProcesses: 0 }, async (runtime, url) => {
    for (let n = 0; n < PLUGINS; n++) await upload(runtime, helloPlugin(`hello-${n}`))
    const half: number[] = []
    const all: number[] = []
    for (let turn = 0; turn < ROUNDS; turn++) {
      // Each is where it was before the last turn.
      for (let n = 0; n < PLUGINS; n++) await runtime.plugins.reload(`hello-${n}`, 'bench')
      await upload(runtime, crashingPlugin(`1.0.${turn}`))
      const times = (await crashUnderVisits(runtime, url)).toSorted((a, b) => a - b)
      half.push(times[PLUGINS / 2] ?? 0)
      all.push(times.at(-1) ?? 0)
      await settle()
    }
    return {
      [`half of ${PLUGINS} plugins are back after their shared process has crashed, ms`]: round(median(half)),
      [`all of ${PLUGINS}, ms (aim <= 250)`]: round(median(all)),
    }
  })
}

/** @returns for each plugin, how long after the end of the process it answered a visitor who came after that */
async function crashUnderVisits(runtime: Runtime, url: string): Promise<number[]> {
  let endedAt = Number.POSITIVE_INFINITY
  const visits = Array.from({ length: PLUGINS }, async (_, n) => {
    for (;;) {
      const askedAt = performance.now()
      const response = await fetch(`${url}/plugins/hello-${n}/api/greet/ada`)
      await response.arrayBuffer()
      const now = performance.now()
      if (response.ok && askedAt > endedAt) return now - endedAt
      if (now - endedAt > GIVE_UP_MS) throw new Error(`hello-${n} did not come back: ${response.status}`)
      await setTimeout(EVERY_MS * Math.random() * 2)
    }
  })
  await settle()
  const shared = runtime.sandbox.processes.find(({ plugins }) => plugins.length === PLUGINS + 1)
  if (shared === undefined) throw new Error('The plugins do not share a process')
  const crash = fetch(`${url}/plugins/crashing/api/`).then((response) => response.arrayBuffer())
  while (runtime.sandbox.processes.some(({ pid }) => pid === shared.pid)) await setTimeout(1)
  endedAt = performance.now()
  const times = await Promise.all(visits)
  await crash
  return times
}
