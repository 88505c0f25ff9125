// The first request to a plugin that was stopped because it was idle.

import { get, settle, timed } from '../http.ts'
import { startPlugbay } from '../plugbay/server.ts'
import { helloPlugin } from '../plugins.ts'
import type { Moment } from './moment.ts'

export const firstRequest: Moment = {
  figures: [{ name: 'first request of a stopped plugin', unit: 'ms', aim: 7 }],
  repeat: 3,
  async open(checkout) {
    const server = await startPlugbay(checkout, {
      plugins: [helloPlugin()],
      config: { 'sandbox.idleMs': 100 },
    })
    return {
      async measure() {
        do await settle()
        while ((await server.stateOf('hello')) !== 'idle')
        // In life it has been idle for long.
        await settle()
        return [await timed(() => get(`${server.url}/plugins/hello/api/greet/ada`))]
      },
      close: () => server.stop(),
    }
  },
}
