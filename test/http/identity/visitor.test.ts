// What an embedding application is asked about: the request as it was made, and what it was made for.

import assert from 'node:assert/strict'
import type { Purpose } from '../../../runtime/runtime.ts'
import { backendOf, bothWays, install, startTestRuntime } from '../../support/runtime.ts'

bothWays('an application learns which request it vouches for, and why it is asked', async (t, way) => {
  const asked: { url: string; method: string; purpose: Purpose }[] = []
  const runtime = await startTestRuntime(t, {
    async authenticate({ url, method }, purpose) {
      asked.push({ url, method, purpose })
      return purpose.for === 'visit' ? { name: 'Ada', permissions: [], kind: 'application' } : null
    },
  })
  const client = await way.open(t, runtime)
  await install(runtime, {
    id: 'hello',
    backend: backendOf('return Response.json(ctx.user)'),
    manifest: { access: 'user' },
  })
  asked.length = 0
  const answer = await client.fetch('/plugins/hello/api/a%20b?c=1', { method: 'POST' })
  assert.deepEqual(await answer.json(), { name: 'Ada', permissions: [] })
  assert.equal((await client.fetch('/api/v1/plugins')).status, 401)
  assert.deepEqual(
    asked.map(({ url, method, purpose }) => [url.slice(client.origin.length), method, purpose]),
    [
      ['/plugins/hello/api/a%20b?c=1', 'POST', { for: 'visit', plugin: 'hello' }],
      ['/api/v1/plugins', 'GET', { for: 'admin' }],
    ],
  )
})
