// A runtime that starts with 200 plugins installed and enabled. It is made in a process that has loaded the code already: what
// loading takes is measured with the start of the server.

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodeOf } from '../plugbay/checkout.ts'
import { startPlugbay } from '../plugbay/server.ts'
import { helloPlugin } from '../plugins.ts'
import type { Moment } from './moment.ts'

const PLUGINS = 200
const PROGRAM = fileURLToPath(new URL('../plugbay/time-runtime-start.ts', import.meta.url))

export const manyPlugins: Moment = {
  figures: [{ name: `start with ${PLUGINS} installed plugins`, unit: 'ms', aim: 500 }],
  async open(checkout) {
    const data = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
    const plugins = Array.from({ length: PLUGINS }, (_, index) => helloPlugin(`hello-${index}`))
    const server = await startPlugbay(checkout, { data, plugins })
    await server.stop()
    return {
      async measure() {
        const { stdout } = await promisify(execFile)(nodeOf(checkout), [PROGRAM, checkout.folder, data])
        return [Number(stdout)]
      },
      close: () => rm(data, { recursive: true, force: true }),
    }
  },
}
