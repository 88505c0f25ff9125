// A plugin that fails too often is stopped, with evidence that outlives the runtime; one retry ends it.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createRuntime, type Runtime } from '../../../runtime/runtime.ts'
import type { Evidence } from '../../../sdk/api/evidence.ts'
import {
  ADMIN_TOKEN,
  api,
  backendOf,
  type Client,
  install,
  send,
  temporaryFolder,
  until,
  WAYS,
} from '../../support/runtime.ts'

const FRAGILE = {
  id: 'fragile',
  typescript: true,
  backend: `// a line above
export function risky(part: string): never {
  throw new Error('broken part ' + part)
}
${backendOf(`
  if (url.pathname === '/loop') for (;;) {}
  if (url.pathname === '/throw') risky('seven')
  if (url.pathname === '/log') for (let n = 0; n < 150; n++) console.log('line ' + n)
  return new Response('fine')`)}`,
  manifest: { limits: { cpuMs: 300, deadlineMs: 3000 } },
}

const LOOSE = { maxFailures: 2, failureWindowMs: 600_000 }

async function start(t: TestContext, data: string): Promise<{ runtime: Runtime; client: Client }> {
  const runtime = await createRuntime({
    environment: {},
    config: {
      data,
      port: 0,
      logLevel: 'silent',
      adminToken: ADMIN_TOKEN,
      sandbox: LOOSE,
      limits: { logLinesPerSecond: 1000 },
    },
  })
  t.after(() => runtime.close())
  const [server] = WAYS
  assert.ok(server)
  return { runtime, client: await server.open(t, runtime) }
}

async function breakDown({ client }: { readonly client: Client }): Promise<void> {
  for (let failure = 0; failure < 2; failure++) {
    await until('it answers', async () => (await client.fetch('/plugins/fragile/api/')).ok)
    assert.equal((await client.fetch('/plugins/fragile/api/loop')).status, 504)
  }
}

async function evidenceOf(runtime: Runtime): Promise<Evidence> {
  return await until('evidence is there', async () => {
    const response = await api(runtime, '/plugins/fragile/evidence')
    return response.ok ? ((await response.json()) as Evidence) : undefined
  })
}

async function isServing({ client }: { readonly client: Client }): Promise<boolean> {
  return (await (await client.fetch('/plugins/fragile/api/')).text()) === 'fine'
}

test('the evidence holds failures, the mapped stack, the last 100 log lines and figures', async (t) => {
  const started = await start(t, await temporaryFolder(t))
  const { runtime, client } = started
  await install(runtime, FRAGILE)
  assert.equal((await api(runtime, '/plugins/fragile/evidence')).status, 404)
  assert.equal((await client.fetch('/plugins/fragile/api/log')).status, 200)
  assert.equal((await client.fetch('/plugins/fragile/api/throw')).status, 500)
  await breakDown(started)
  const evidence = await evidenceOf(runtime)
  assert.equal(evidence.version, '1.0.0')
  assert.deepEqual(
    evidence.failures.map(({ code }) => code),
    ['GUEST_DEADLINE', 'GUEST_DEADLINE'],
  )
  assert.ok(
    evidence.failures.every(({ time, message }) => Date.parse(time) > 0 && /did not yield/.test(message)),
  )
  assert.match(evidence.stack ?? '', /broken part seven\n\s+at risky \(backend\/index\.ts:3:\d+\)/)
  assert.equal(evidence.log.length, 100)
  const told = evidence.log.slice(-4)
  assert.equal(told[0]?.message, 'line 149')
  assert.match(told[1]?.message ?? '', /broken part seven/)
  // And which requests it did not live through.
  for (const { level, message, requestId } of told.slice(2)) {
    assert.equal(level, 'error')
    assert.match(message, /^GUEST_DEADLINE: The plugin did not yield for \d+ ms$/)
    assert.ok(requestId)
  }
  assert.ok(evidence.resources.errors >= 3 && evidence.resources.restarts === 2)
  const audit = (await (await api(runtime, '/audit?limit=5')).json()) as {
    items: { action: string; actor: string }[]
  }
  assert.deepEqual(
    audit.items.filter(({ action }) => action === 'plugin.quarantine').map(({ actor }) => actor),
    ['system'],
  )
})

test('a start of the runtime ends no quarantine, and loses no evidence; a retry ends both', async (t) => {
  const data = await temporaryFolder(t)
  const first = await start(t, data)
  await install(first.runtime, FRAGILE)
  await breakDown(first)
  const before = await evidenceOf(first.runtime)
  await first.runtime.close()

  const second = await start(t, data)
  const { state, enabled, problem } = await second.runtime.plugins.get('fragile')
  assert.deepEqual({ state, enabled }, { state: 'quarantined', enabled: true })
  assert.match(problem?.message ?? '', /did not yield/)
  assert.deepEqual(await evidenceOf(second.runtime), before)
  const refused = await second.client.fetch('/plugins/fragile/api/')
  assert.equal(refused.status, 503)
  assert.ok(refused.headers.has('retry-after'))
  assert.equal((await send(second.runtime, 'POST', '/plugins/fragile/retry')).status, 200)
  const [retry] = (await second.runtime.store.audit.list({ limit: 1 })).items
  assert.equal(retry?.action, 'plugin.retry')
  assert.ok(await isServing(second))
  await until(
    'the evidence is gone',
    async () => (await api(second.runtime, '/plugins/fragile/evidence')).status === 404,
  )
  await second.runtime.close()

  const third = await start(t, data)
  assert.ok(await isServing(third))
})

test('another release is free to try, and uninstalling forgets', async (t) => {
  const data = await temporaryFolder(t)
  const first = await start(t, data)
  await install(first.runtime, FRAGILE)
  await breakDown(first)
  await evidenceOf(first.runtime)
  await install(first.runtime, { ...FRAGILE, version: '1.0.1' })
  assert.ok(await isServing(first))
  await first.runtime.close()

  const second = await start(t, data)
  assert.ok(await isServing(second))
  await breakDown(second)
  await evidenceOf(second.runtime)
  assert.equal((await send(second.runtime, 'DELETE', '/plugins/fragile')).status, 204)
  await install(second.runtime, FRAGILE)
  assert.equal((await api(second.runtime, '/plugins/fragile/evidence')).status, 404)
  assert.ok(await isServing(second))
})
