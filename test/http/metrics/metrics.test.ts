// GET /metrics: who may see it, what it says of a plugin while it is there, and nothing of it afterwards.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import {
  ADMIN_TOKEN,
  api,
  backendOf,
  bothWays,
  type Client,
  codeOf,
  install,
  send,
  startTestRuntime,
  until,
  WAYS,
} from '../../support/runtime.ts'

const ECHO = backendOf(`
  if (url.pathname === '/kv') { await env.kv.put('a', 'x'.repeat(100_000)); await env.kv.get('a') }
  if (url.pathname === '/fail') throw new Error('as asked')
  console.log('asked')
  return new Response(await request.text())`)

async function tokenWith(runtime: Runtime, permissions: readonly string[]): Promise<string> {
  const made = await send(runtime, 'POST', '/tokens', { name: permissions.join(' '), permissions })
  assert.equal(made.status, 201)
  return ((await made.json()) as { token: string }).token
}

function scrape(client: Client, token = ADMIN_TOKEN, init: RequestInit = {}): Promise<Response> {
  return client.fetch('/metrics', { ...init, headers: { authorization: `Bearer ${token}` } })
}

/** Values by series with its labels as they stand in the answer. */
async function values(client: Client): Promise<ReadonlyMap<string, number>> {
  const response = await scrape(client)
  assert.equal(response.status, 200)
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}

bothWays('only who holds "metrics.view" sees figures', async (t, way) => {
  const runtime = await startTestRuntime(t)
  const client = await way.open(t, runtime)
  const stranger = await client.fetch('/metrics')
  assert.equal(stranger.status, 401)
  assert.equal(await codeOf(stranger), 'UNAUTHENTICATED')
  const other = await scrape(client, await tokenWith(runtime, ['plugins.manage']))
  assert.equal(other.status, 403)
  assert.equal(await codeOf(other), 'FORBIDDEN')
  const scraper = await tokenWith(runtime, ['metrics.view'])
  const seen = await scrape(client, scraper)
  assert.equal(seen.status, 200)
  assert.equal(seen.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(seen.headers.get('cache-control'), 'no-store')
  assert.match(await seen.text(), /^plugbay_info\{version="[^"]+"\} 1$/m)
  assert.equal((await scrape(client, scraper, { method: 'HEAD' })).status, 200)
  const post = await scrape(client, scraper, { method: 'POST' })
  assert.equal(post.status, 405)
  assert.equal(post.headers.get('allow'), 'GET, HEAD')
})

bothWays(
  'requests count by plugin, by class and by duration; the series end with the plugin',
  async (t, way) => {
    const runtime = await startTestRuntime(t)
    const client = await way.open(t, runtime)
    await install(runtime, { id: 'echo', backend: ECHO, manifest: { permissions: { kv: true } } })
    await install(runtime, { id: 'other', backend: ECHO })
    for (let n = 0; n < 3; n++)
      await client.fetch('/plugins/echo/api/', { method: 'POST', body: 'y'.repeat(1000) })
    await client.fetch('/plugins/echo/api/kv')
    assert.equal((await client.fetch('/plugins/echo/api/fail')).status, 500)
    // Devices are listed by a process, also where there are none.
    assert.equal((await api(runtime, '/devices')).status, 200)
    // What a sandbox process tells comes a little later.
    const seen = await until('figures of the isolate', async () => {
      const found = await values(client)
      return (found.get('plugbay_plugin_heap_bytes{plugin="echo"}') ?? 0) > 0 ? found : undefined
    })
    const expected: Readonly<Record<string, number>> = {
      'plugbay_plugin_requests_total{plugin="echo"}': 5,
      'plugbay_plugin_requests_total{plugin="other"}': 0,
      'plugbay_plugin_request_errors_total{plugin="echo"}': 1,
      'plugbay_plugin_requests_in_flight{plugin="echo"}': 0,
      'plugbay_plugin_request_body_bytes_total{plugin="echo"}': 3000,
      'plugbay_plugin_response_body_bytes_total{plugin="echo"}': 3000,
      'plugbay_plugin_host_calls_total{plugin="echo",call="kv.put"}': 1,
      'plugbay_plugin_host_calls_total{plugin="echo",call="kv.get"}': 1,
      'plugbay_plugin_host_calls_total{plugin="echo",call="db.query"}': 0,
      'plugbay_plugin_log_lines_total{plugin="echo"}': 4,
      'plugbay_plugin_restarts_total{plugin="echo"}': 0,
      'plugbay_http_requests_total{target="backend",status="2xx"}': 4,
      'plugbay_http_requests_total{target="backend",status="5xx"}': 1,
      'plugbay_http_request_duration_seconds_count{target="backend"}': 5,
      'plugbay_http_request_duration_seconds_bucket{le="+Inf",target="backend"}': 5,
      'plugbay_child_processes{kind="package"}': 1,
      'plugbay_child_processes{kind="usb"}': 1,
      'plugbay_uploads_total{outcome="created"}': 2,
    }
    for (const [series, value] of Object.entries(expected)) assert.equal(seen.get(series), value, series)
    assert.ok((seen.get('plugbay_plugin_storage_bytes{plugin="echo"}') ?? 0) > 100_000)
    assert.ok((seen.get('plugbay_child_processes{kind="sandbox"}') ?? 0) >= 2)

    await runtime.plugins.uninstall('echo', { data: 'delete', actor: 'test' })
    const after = await values(client)
    assert.deepEqual(
      [...after.keys()].filter((series) => series.includes('plugin="echo"')),
      [],
    )
    assert.equal(after.get('plugbay_plugin_requests_total{plugin="other"}'), 0)
    assert.equal(after.get('plugbay_http_requests_total{target="backend",status="2xx"}'), 4)
  },
)

test('counters go on over a reload and a new release', async (t) => {
  const runtime = await startTestRuntime(t)
  const [server] = WAYS
  assert.ok(server)
  const client = await server.open(t, runtime)
  await install(runtime, { id: 'echo', backend: ECHO })
  await client.fetch('/plugins/echo/api/')
  await runtime.plugins.reload('echo', 'test')
  await client.fetch('/plugins/echo/api/')
  await install(runtime, { id: 'echo', version: '1.1.0', backend: ECHO })
  await client.fetch('/plugins/echo/api/')
  assert.equal((await values(client)).get('plugbay_plugin_requests_total{plugin="echo"}'), 3)
  assert.equal((await runtime.plugins.get('echo')).resources.requests, 3)
})

test('two runtimes in one process do not see each other', async (t) => {
  const [server] = WAYS
  assert.ok(server)
  const first = await startTestRuntime(t)
  const second = await startTestRuntime(t)
  await install(first, { id: 'only-here', backend: ECHO })
  const clients = await Promise.all([server.open(t, first), server.open(t, second)])
  const [here, there] = await Promise.all(clients.map((client) => values(client)))
  assert.ok(here?.has('plugbay_plugin_requests_total{plugin="only-here"}'))
  assert.ok(!there?.has('plugbay_plugin_requests_total{plugin="only-here"}'))
})

test('the figures of the process count from its start, not from the first scrape', async (t) => {
  const runtime = await startTestRuntime(t)
  const [server] = WAYS
  assert.ok(server)
  const client = await server.open(t, runtime)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const { user, system } = process.cpuUsage()
  const end = performance.now() + 300
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 100))
  const first = await values(client)
  assert.ok((first.get('process_cpu_seconds_total') ?? 0) >= (user + system) / 1e6)
  assert.ok((first.get('nodejs_eventloop_lag_max_seconds') ?? 0) >= 0.25, 'the pause before it')
  const second = await values(client)
  assert.ok((second.get('process_cpu_seconds_total') ?? 0) >= (first.get('process_cpu_seconds_total') ?? 0))
})
