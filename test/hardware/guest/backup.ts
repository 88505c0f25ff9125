// Runs inside the virtual machine: a server with the sample plugin usb-backup. The test outside plugs sticks and pulls them out, and
// says when to back up.

import { setTimeout as delay } from 'node:timers/promises'
import { type Job, startServer } from '../../sample-plugins/usb-backup/server.ts'
import { api } from '../../support/runtime.ts'
import { writeVersion } from './backup-data.ts'
import { BACKED_UP, serverOptions } from './backup-server.ts'
import { serveCommands } from './commands.ts'
import { mount, unmount } from './mounting.ts'

/** What the API of the plugin says. */
export interface BackupState {
  readonly jobs: readonly Pick<Job, 'id' | 'state' | 'message' | 'problem'>[]
  readonly drives: readonly { readonly id: string; readonly unfinished: boolean }[]
}

/** Jobs: one runs, and one may have begun by itself. */
const NEWEST = 4

writeVersion(BACKED_UP, 0)
const server = await startServer({ after: () => undefined }, { ...serverOptions(), isInstalled: true })

/** The plugin says this of a server that has much to do: the emulated machine has, at times. */
const BUSY = /\b503 |The drive (?:is not plugged in|does not answer)/
const TRIES = 60

/** What fails is explained by the log of the plugin. */
const ask: typeof server.ask = async (path, init) => {
  for (let i = 1; ; i++) {
    try {
      return await server.ask(path, init)
    } catch (error) {
      if (i < TRIES && BUSY.test(String(error))) {
        await delay(1000)
        continue
      }
      const log = await (await api(server.runtime, '/plugins/usb-backup/logs')).text()
      throw new Error(`${String(error)}, with the log ${log}`)
    }
  }
}

// The first answer starts processes, which takes long here.
await ask('/state')
serveCommands({
  mount,
  unmount,
  change: ({ version }: { readonly version: number }) => writeVersion(BACKED_UP, version),
  // No more than is asked for: the console is slow.
  async state() {
    const { drives, jobs } = await ask<BackupState>('/state')
    return {
      drives: drives.map(({ id, unfinished }) => ({ id, unfinished })),
      jobs: jobs.slice(0, NEWEST).map(({ id, state, message, problem }) => ({ id, state, message, problem })),
    }
  },
  async backUp({ drive }: { readonly drive: string }) {
    return (await ask<{ id: string }>('/backups', { method: 'POST', body: { drive } })).id
  },
})
