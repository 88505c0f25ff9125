// A real server in a process of its own, whose memory tells of nothing but its work: the client and its bytes are elsewhere.
// Started with a data folder; says {"port", "children"} in one line when the plugin "flow" serves, and ends with its input.

import { createRuntime } from '../../../runtime/runtime.ts'
import { serve } from '../../../runtime/serve.ts'
import { descendantsOf } from '../../support/jail.ts'
import { ADMIN_TOKEN, backendOf, install } from '../../support/runtime.ts'

const BACKEND = backendOf(
  `
  switch (url.pathname) {
    case '/flip': return new Response(request.body.pipeThrough(new TransformStream({
      transform(chunk, controller) {
        for (let at = 0; at < chunk.byteLength; at++) chunk[at] ^= 255
        seen += chunk.byteLength
        controller.enqueue(chunk)
      },
    })))
    case '/seen': return Response.json(seen)
  }
  return new Response('fine')`,
  'let seen = 0',
)

const [data = ''] = process.argv.slice(2)
const runtime = await createRuntime({
  environment: {},
  config: {
    data,
    port: 0,
    logLevel: 'silent',
    adminToken: ADMIN_TOKEN,
    limits: { maxRequestBytes: 100_000_000, cpuMs: 600_000, cpuPercent: 100 },
  },
})
const { port } = await serve(runtime)
await install(runtime, {
  id: 'flow',
  backend: BACKEND,
  manifest: { limits: { cpuMs: 60_000 } },
})
process.stdout.write(`${JSON.stringify({ port, children: descendantsOf(process.pid) })}\n`)
process.stdin.resume().once('end', () => process.exit())
