// `plugbay serve` with one plugin installed: until it says that it is healthy, and until the plugin answers.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers, freePort } from '../http.ts'
import { runProgram } from '../plugbay/checkout.ts'
import { serveArguments, startPlugbay } from '../plugbay/server.ts'
import { helloPlugin } from '../plugins.ts'
import { stop } from '../processes/server-process.ts'
import type { Moment } from './moment.ts'

export const serverStart: Moment = {
  figures: [
    { name: 'serve to /healthz', unit: 'ms', aim: 600 },
    { name: 'serve to first answer of a plugin', unit: 'ms' },
  ],
  async open(checkout) {
    const data = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
    const server = await startPlugbay(checkout, { data, plugins: [helloPlugin()] })
    await server.stop()
    return {
      async measure() {
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        const started = performance.now()
        const program = runProgram(checkout, ['serve', ...serveArguments({ data, port })])
        try {
          await answers(`${url}/healthz`)
          const healthy = performance.now() - started
          await answers(`${url}/plugins/hello/api/greet/ada`)
          return [healthy, performance.now() - started]
        } finally {
          await stop(program, 'SIGTERM')
        }
      },
      close: () => rm(data, { recursive: true, force: true }),
    }
  },
}
