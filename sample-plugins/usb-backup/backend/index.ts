// Backs up what the server has to USB drives: on the page, when a chosen drive appears, and every night.

import { definePlugin } from 'plugbay/sdk'
import { backUpNow } from './action.ts'
import { backUpIfChosen } from './jobs.ts'
import { app } from './routes.ts'
import { backUp } from './tasks/back-up.ts'
import { restore } from './tasks/restore.ts'
import { verify } from './tasks/verify.ts'

/** The event, as the runtime sends it (docs/hosts.md). */
interface VolumeMounted {
  readonly id: string
}

export default definePlugin({
  fetch: (request, env) => app.fetch(request, env),
  actions: { 'back-up-now': backUpNow },
  events: {
    async 'volume.mounted'({ data }, env) {
      const { id } = data as VolumeMounted
      // The event may arrive late, when the drive has gone again.
      const volumes = await env.volumes.list()
      if (volumes.some((volume) => volume.id === id)) await backUpIfChosen(env, id, { orUnfinished: true })
    },
  },
  tasks: {
    'back-up': backUp,
    restore,
    verify,
    async nightly(_task, env) {
      for (const { id, writable } of await env.volumes.list())
        if (writable) await backUpIfChosen(env, id, { orUnfinished: false })
    },
  },
})
