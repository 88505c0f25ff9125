// Starting, stopping and replacing instances while requests come in: none is lost, and none runs for ever.

import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  backendOf,
  bothWays,
  install,
  type PluginSource,
  send,
  startTestRuntime,
  until,
  WAYS,
} from '../support/runtime.ts'

function release(version: string, more: Partial<PluginSource> = {}): PluginSource {
  return {
    id: 'swapped',
    version,
    backend: backendOf(
      `
      if (url.pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 300))
      if (url.pathname === '/body') return new Response(VERSION + ' ' + (await request.text()).length)
      if (url.pathname === '/later') { ctx.waitUntil(later(env)); return new Response('accepted') }
      if (url.pathname === '/value') return new Response(await env.kv.get('later'))
      return new Response(VERSION)`,
      `const VERSION = ${JSON.stringify(version)}
       async function later(env) { await new Promise((resolve) => setTimeout(resolve, 700)); await env.kv.put('later', 'written by ' + VERSION) }`,
    ),
    files: { 'frontend/v.txt': version },
    manifest: { permissions: { kv: true } },
    ...more,
  }
}

bothWays('ten versions under load: every request is answered by one of them', async (t, way) => {
  const runtime = await startTestRuntime(t)
  const client = await way.open(t, runtime)
  await install(runtime, release('1.0.0'))
  let stop = false
  let answered = 0
  const visit = async (path: string, init?: RequestInit) => {
    while (!stop) {
      const response = await client.fetch(path, init)
      const text = await response.text()
      assert.equal(response.status, 200, `${path}: ${response.status} ${text}`)
      assert.match(text, /^1\.\d+\.0/)
      answered++
      // In process an asset comes from memory, without a turn of the event loop in which others could go on.
      await turn()
    }
  }
  const body = 'x'.repeat(200_000)
  const visitors = [
    visit('/plugins/swapped/api/'),
    visit('/plugins/swapped/api/'),
    visit('/plugins/swapped/api/slow'),
    visit('/plugins/swapped/api/body', { method: 'POST', body: 'small' }),
    visit('/plugins/swapped/api/body', { method: 'POST', body }),
    visit('/plugins/swapped/v.txt'),
  ]
  const updates = async () => {
    for (let n = 1; n <= 10; n++) await install(runtime, release(`1.${n}.0`))
    stop = true
  }
  try {
    await Promise.all([...visitors, updates()])
  } finally {
    stop = true
  }
  assert.ok(answered > 20)
  assert.equal(await (await client.fetch('/plugins/swapped/api/')).text(), '1.10.0')
})

test('a body that arrives slowly while the plugin is replaced is still answered', async (t) => {
  const runtime = await startTestRuntime(t)
  const client = await WAYS[0]?.open(t, runtime)
  assert.ok(client)
  await install(runtime, release('1.0.0'))
  for (const length of [6, 100_000]) {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
    const request = httpRequest(
      `${client.origin}/plugins/swapped/api/body`,
      { method: 'POST', headers: { 'content-length': length } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    request.on('error', reject)
    request.write('abc')
    await until('the request has arrived', async () => (await client.fetch('/plugins/swapped/api/')).ok)
    await install(runtime, release(length === 6 ? '2.0.0' : '3.0.0'))
    assert.match(await (await client.fetch('/plugins/swapped/api/')).text(), /^[23]/)
    request.end('d'.repeat(length - 3))
    const { status, text } = await promise
    assert.equal(status, 200, text)
    assert.match(text, new RegExp(`^\\d\\.0\\.0 ${length}$`))
  }
})

bothWays(
  'work of ctx.waitUntil may write although the plugin is replaced meanwhile, if it asks for that',
  async (t, way) => {
    const runtime = await startTestRuntime(t)
    const client = await way.open(t, runtime)
    const manifest = { permissions: { kv: true }, drain: 'full' }
    await install(runtime, release('1.0.0', { manifest }))
    assert.equal(await (await client.fetch('/plugins/swapped/api/later')).text(), 'accepted')
    await install(runtime, release('2.0.0'))
    assert.equal(await (await client.fetch('/plugins/swapped/api/')).text(), '2.0.0')
    await until(
      'the value is there',
      async () => (await (await client.fetch('/plugins/swapped/api/value')).text()) === 'written by 1.0.0',
    )
  },
)

bothWays('an idle plugin is stopped, and started by the next request', async (t, way) => {
  const runtime = await startTestRuntime(t, { config: { sandbox: { idleMs: 300 } } })
  const client = await way.open(t, runtime)
  await install(runtime, { id: 'sleepy', backend: backendOf(`return Response.json(++n)`, 'let n = 0') })
  const count = async () => (await client.fetch('/plugins/sleepy/api/')).json()
  assert.equal(await count(), 1)
  for (let round = 0; round < 2; round++) {
    await until('it sleeps', async () => (await runtime.plugins.get('sleepy')).state === 'idle')
    await until('its process is gone', () =>
      runtime.sandbox.processes.every(({ plugins }) => plugins.length === 0),
    )
    assert.equal(await count(), 1, 'memory does not outlive an instance')
    assert.equal((await runtime.plugins.get('sleepy')).state, 'running')
  }
})

bothWays('a plugin that fails too often is quarantined, and one retry brings it back', async (t, way) => {
  const runtime = await startTestRuntime(t, { config: { sandbox: { maxFailures: 2 } } })
  const client = await way.open(t, runtime)
  await install(runtime, {
    id: 'fragile',
    backend: backendOf(`if (url.pathname === '/loop') for (;;) {}\n return new Response('fine')`),
    manifest: { limits: { cpuMs: 300, deadlineMs: 3000 } },
  })
  for (let failure = 0; failure < 2; failure++) {
    await until('it answers', async () => (await client.fetch('/plugins/fragile/api/')).ok)
    assert.equal((await client.fetch('/plugins/fragile/api/loop')).status, 504)
  }
  const { state, problem, enabled } = await runtime.plugins.get('fragile')
  assert.deepEqual({ state, enabled }, { state: 'quarantined', enabled: true })
  assert.match(problem?.message ?? '', /did not yield/)
  const refused = await client.fetch('/plugins/fragile/api/')
  assert.equal(refused.status, 503)
  assert.ok(refused.headers.has('retry-after'))
  assert.equal((await send(runtime, 'POST', '/plugins/fragile/retry')).status, 200)
  assert.equal(await (await client.fetch('/plugins/fragile/api/')).text(), 'fine')
  assert.equal((await runtime.plugins.get('fragile')).problem, null)
})

test('many requests to a stopped plugin start it once', async (t) => {
  const runtime = await startTestRuntime(t)
  const client = await WAYS[1]?.open(t, runtime)
  assert.ok(client)
  await install(runtime, { id: 'once', backend: backendOf(`return Response.json(++n)`, 'let n = 0') })
  await runtime.plugins.disable('once', 'test')
  await runtime.plugins.enable('once', 'test')
  const answers = await Promise.all(
    Array.from(
      { length: 40 },
      async () => (await client.fetch('/plugins/once/api/')).json() as Promise<number>,
    ),
  )
  assert.deepEqual(
    answers.toSorted((a, b) => a - b),
    Array.from({ length: 40 }, (_, n) => n + 1),
  )
})

test('closing the runtime ends every process', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, release('1.0.0'))
  await until('there is a standby one', () => runtime.sandbox.processes.length >= 2)
  const pids = runtime.sandbox.processes.map(({ pid }) => pid)
  await runtime.close()
  await runtime.close()
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), /ESRCH/)
  assert.equal(runtime.isReady(), false)
})

test('plugins with a small budget start, however long their processes take to boot', async (t) => {
  const runtime = await startTestRuntime(t, { config: { sandbox: { maxProcesses: 100 } } })
  const ids = Array.from({ length: 8 }, (_, n) => `small-${n}`)
  const manifest = { limits: { cpuMs: 50, deadlineMs: 1000 } }
  for (const id of ids)
    await install(
      runtime,
      { id, backend: backendOf(`return new Response('here')`), manifest },
      { enable: 'false' },
    )
  // All at once: one finds the standby process, the others wait for processors with those that boot.
  const started = await Promise.all(ids.map((id) => runtime.plugins.enable(id, 'test')))
  assert.deepEqual(
    started.map(({ id, state, problem }) => [id, state, problem]),
    ids.map((id) => [id, 'running', null]),
  )
})
