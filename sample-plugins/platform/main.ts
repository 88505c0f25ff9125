// Starts a server for the platform: node sample-plugins/platform/main.ts

import { join } from 'node:path'
import { createRuntime, serve } from 'plugbay'
import { platform } from './platform.ts'

const folder = join(import.meta.dirname, 'data')
const scripts = process.env.PLATFORM_SCRIPTS === 'shell' ? 'shell' : 'compose'
const runtime = await createRuntime({
  host: platform({ output: join(folder, 'env'), scripts }),
  config: { data: folder },
})
const { port } = await serve(runtime)
process.stdout.write(
  `The platform is managed at http://127.0.0.1:${port}/admin/#code=${runtime.adminCode()}\n`,
)
