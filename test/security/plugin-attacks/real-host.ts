// The real runtime behind its real server, in a process of its own: `node real-host.ts <config as JSON>`.
// Prints {"ready": port}; ends with its standard input.

import { createRuntime, type RuntimeOptions } from '../../../runtime/runtime.ts'
import { serve } from '../../../runtime/serve.ts'

const config = JSON.parse(process.argv[2] ?? '{}') as NonNullable<RuntimeOptions['config']>
const runtime = await createRuntime({ environment: {}, config })
const server = await serve(runtime)
process.stdout.write(`${JSON.stringify({ ready: server.port })}\n`)
process.stdin.on('end', async () => {
  await server.close(100)
  await runtime.close()
})
process.stdin.resume()
