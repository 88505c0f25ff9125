// How long the neighbours are away when a plugin ruins the process that many of them share, under their visitors' hands.

import { setTimeout } from 'node:timers/promises'
import { settle } from '../http.ts'
import type { Checkout } from '../plugbay/checkout.ts'
import { type PlugbayServer, startPlugbay } from '../plugbay/server.ts'
import { crashingPlugin, helloPlugin } from '../plugins.ts'
import { knownChildren } from '../processes/family.ts'
import type { Moment } from './moment.ts'

const PLUGINS = 16
const EVERY_MS = 50
const GIVE_UP_MS = 20_000

export const recovery: Moment = {
  figures: [
    { name: `half of ${PLUGINS} plugins are back after their shared process has crashed`, unit: 'ms' },
    { name: `all of ${PLUGINS} plugins are back`, unit: 'ms', aim: 250 },
  ],
  repeat: 2,
  open: async (checkout) => ({
    // Each in a new server: who was under suspicion once has a place of its own.
    async measure() {
      const server = await startCrowded(checkout)
      try {
        const times = (await crashUnderVisits(server)).toSorted((a, b) => a - b)
        return [times[PLUGINS / 2] ?? Number.NaN, times.at(-1) ?? Number.NaN]
      } finally {
        await server.stop()
      }
    },
    close: async () => undefined,
  }),
}

async function startCrowded(checkout: Checkout): Promise<PlugbayServer> {
  const shared = Array.from({ length: PLUGINS }, (_, n) => helloPlugin(`hello-${n}`))
  return await startPlugbay(checkout, {
    // The first one has the only process of its own.
    plugins: [helloPlugin('alone'), ...shared, crashingPlugin('1.0.0')],
    config: { 'sandbox.maxProcesses': 1 },
  })
}

/** @returns for each plugin, how long after the end of the process it answered a visitor who came after that */
async function crashUnderVisits({ url, pid }: PlugbayServer): Promise<number[]> {
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
  const before = sandboxesBelow(pid)
  const crash = fetch(`${url}/plugins/crashing/api/`).then((response) => response.arrayBuffer())
  while (before.isSubsetOf(sandboxesBelow(pid))) await setTimeout(1)
  endedAt = performance.now()
  const times = await Promise.all(visits)
  await crash
  return times
}

function sandboxesBelow(pid: number): ReadonlySet<number> {
  const sandboxes = knownChildren(pid).filter(({ kind }) => kind === 'sandbox')
  return new Set(sandboxes.map((child) => child.pid))
}
