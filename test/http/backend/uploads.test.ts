// The deadline of a plugin while a request body arrives: a slow visitor is not the plugin's delay, and no excuse for it.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import { backendOf, bothWays, codeOf, install, startTestRuntime } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const DEADLINE_MS = 1000
const BACKEND = backendOf(`
  switch (url.pathname) {
    case '/size': return Response.json((await request.arrayBuffer()).byteLength)
    case '/echo': return new Response(request.body)
    case '/deaf': await new Promise(() => {})
    case '/late': await request.arrayBuffer(); await new Promise(() => {})
    case '/half': await request.body.getReader().read(); await new Promise(() => {})
  }`)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, {
    id: 'uploads',
    backend: BACKEND,
    manifest: { limits: { deadlineMs: DEADLINE_MS } },
  })
})

const PATH = '/plugins/uploads/api'

/** A body whose pieces come one by one, with a pause before each. */
function slowly(pieces: number, { bytes, pauseMs }: { readonly bytes: number; readonly pauseMs: number }) {
  let sent = 0
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        if (sent === pieces) return controller.close()
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
        sent++
        controller.enqueue(new Uint8Array(bytes).fill(sent))
      },
    },
    { highWaterMark: 0 },
  )
}

bothWays('an upload that takes longer than the deadline arrives, in many steps or in few', async (t, way) => {
  const client = await way.open(t, runtime)
  const post = async (path: string, body: ReadableStream) =>
    await client.fetch(PATH + path, { method: 'POST', body, duplex: 'half' })
  const [many, few, echo] = await Promise.all([
    post('/size', slowly(10, { bytes: 100_000, pauseMs: DEADLINE_MS / 5 })),
    post('/size', slowly(2, { bytes: 10, pauseMs: 1.5 * DEADLINE_MS })),
    post('/echo', slowly(10, { bytes: 100_000, pauseMs: DEADLINE_MS / 5 })),
  ])
  assert.deepEqual([many.status, await many.json()], [200, 1_000_000])
  assert.deepEqual([few.status, await few.json()], [200, 20])
  assert.equal((await echo.arrayBuffer()).byteLength, 1_000_000)
})

bothWays('a plugin that has the whole body, or does not read it, is held to its deadline', async (t, way) => {
  const client = await way.open(t, runtime)
  const body = () => new Blob([new Uint8Array(2_000_000)]).stream()
  for (const path of ['/late', '/deaf', '/half']) {
    const response = await client.fetch(PATH + path, { method: 'POST', body: body(), duplex: 'half' })
    assert.equal(response.status, 504, path)
    assert.equal(await codeOf(response), 'GUEST_DEADLINE', path)
  }
})
