// The plugin that asks pays: what its statements cost in a data process is charged to it, counts for its average, and ends with a refusal
// of its requests. Each neighbour reads a key per request meanwhile.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { backendOf, type Client, codeOf, install, startTestRuntime, until, WAYS } from '../support/runtime.ts'
import { record } from './helpers/record.ts'
import { describeVisits, noticed, visit } from './helpers/visits.ts'

/** Four ids: at least one has the data process of the culprit. */
const NEIGHBOURS = ['neighbour-a', 'neighbour-b', 'neighbour-c', 'neighbour-d']
const DATA = { permissions: { kv: true, database: true } }

const FLOODS = [
  {
    id: 'P11',
    title: 'statements that never end, one after the other',
    work: `for (;;) await env.db.prepare('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c').all().catch(() => 0)`,
  },
  {
    id: 'P12',
    title: 'a hundred quick statements at a time, without end',
    work: `const again = () => env.db.prepare('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 50000) SELECT count(*) FROM c').all().then(again)
      for (let n = 0; n < 100; n++) again()`,
  },
] as const

const CULPRIT = (work: string) =>
  backendOf(`
    if (url.pathname === '/fine') return new Response('fine')
    ctx.waitUntil((async () => { ${work} })())
    return new Response('answered')`)

const NEIGHBOUR = backendOf(`
  if (url.pathname === '/put') await env.kv.put('key', 'value')
  const began = performance.now()
  if (await env.kv.get('key') !== 'value') throw new Error('not what was stored')
  return new Response(String(performance.now() - began))`)

for (const { id, title, work } of FLOODS)
  test(`${id}: ${title}: neighbours in the data process are answered, the plugin pays`, async (t) => {
    const { runtime, client } = await crowd(t, work)
    const before = await visit(client, NEIGHBOURS, 1000)
    assert.equal(await (await client.fetch('/plugins/culprit/api/')).text(), 'answered')
    const during = await visit(client, NEIGHBOURS, 4000)
    assert.deepEqual([...during.statuses], [200], 'every request of a neighbour is answered')

    // A twentieth of a core: three seconds of the last minute.
    const refused = await until('the culprit is over its average', async () => {
      // Ten milliseconds of each request are free: asking too often would pay for the statements.
      await new Promise((resolve) => setTimeout(resolve, 500))
      const response = await client.fetch('/plugins/culprit/api/fine')
      return response.ok ? undefined : response
    })
    assert.equal(await codeOf(refused), 'GUEST_THROTTLED')
    const paid = await cpuMsOf(runtime, 'culprit')
    for (const neighbour of NEIGHBOURS) {
      const { resources, state } = await runtime.plugins.get(neighbour)
      assert.deepEqual(
        [resources.errors, resources.restarts, resources.throttled, state],
        [0, 0, 0, 'running'],
      )
      assert.ok(resources.cpuMs < paid / 2, `${neighbour} was charged ${resources.cpuMs} of ${paid} ms`)
    }

    t.diagnostic(`${describeVisits('reads', before, during)}; the culprit was charged ${paid} ms`)
    record({
      id,
      area: 'who pays',
      title,
      culprit: 'charged, 503 until its average is below',
      neighbour: noticed(before, during),
    })
  })

async function crowd(t: TestContext, work: string): Promise<{ runtime: Runtime; client: Client }> {
  const runtime = await startTestRuntime(t, { config: { limits: { cpuPercent: 5 } } })
  const [server] = WAYS
  assert.ok(server)
  const client = await server.open(t, runtime)
  await install(runtime, { id: 'culprit', backend: CULPRIT(work), manifest: DATA })
  for (const id of NEIGHBOURS) {
    await install(runtime, { id, backend: NEIGHBOUR, manifest: DATA })
    assert.equal((await client.fetch(`/plugins/${id}/api/put`)).status, 200)
  }
  return { runtime, client }
}

async function cpuMsOf(runtime: Runtime, id: string): Promise<number> {
  return (await runtime.plugins.get(id)).resources.cpuMs
}
