// What one more plugin weighs in a process that many share: the resident memory of that process over that of a spare one.

import { residentBytesOf } from '../../../runtime/processes/process-figures.ts'
import { settle } from '../http.ts'
import { startPlugbay } from '../plugbay/server.ts'
import { helloPlugin } from '../plugins.ts'
import { knownChildren } from '../processes/family.ts'
import type { Moment } from './moment.ts'

const PLUGINS = 24

export const memoryPerPlugin: Moment = {
  figures: [{ name: 'memory per plugin in a shared process', unit: 'MB', aim: 8 }],
  async open(checkout) {
    return {
      async measure() {
        // The first one has a process of its own.
        const plugins = Array.from({ length: 1 + PLUGINS }, (_, index) => helloPlugin(`hello-${index}`))
        const server = await startPlugbay(checkout, { plugins, config: { 'sandbox.maxProcesses': 1 } })
        try {
          await settle()
          const sandboxes = knownChildren(server.pid).filter(({ kind }) => kind === 'sandbox')
          const megabytes = sandboxes.map(({ pid }) => residentBytesOf(pid) / 2 ** 20)
          return [(Math.max(...megabytes) - Math.min(...megabytes)) / PLUGINS]
        } finally {
          await server.stop()
        }
      },
      close: async () => undefined,
    }
  },
}
