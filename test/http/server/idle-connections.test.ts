// A connection that waits for its next request is kept longer than a proxy keeps it, and shortly for everyone else.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serve } from '../../../runtime/serve.ts'
import { install, startTestRuntime } from '../../support/runtime.ts'

for (const { trustProxy, seconds } of [
  { trustProxy: true, seconds: 125 },
  { trustProxy: false, seconds: 5 },
])
  test(`connections are kept for ${seconds} s ${trustProxy ? 'behind' : 'without'} a proxy`, async (t) => {
    const runtime = await startTestRuntime(t, { config: { trustProxy } })
    await install(runtime, { id: 'idle' })
    const listening = await serve(runtime)
    t.after(() => listening.close(0))
    // One by Hono, one by the short path of plugins.
    for (const path of ['healthz', 'plugins/idle/api/']) {
      const response = await fetch(`http://127.0.0.1:${listening.port}/${path}`)
      await response.arrayBuffer()
      assert.equal(response.headers.get('keep-alive'), `timeout=${seconds}`, path)
    }
  })
