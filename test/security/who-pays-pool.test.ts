// The plugin that asks pays: what it leaves to the threads of a shared process delays no neighbour, is charged to the plugin, and ends
// its instance. Each neighbour makes one digest per request meanwhile.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { api, backendOf, type Client, install, startTestRuntime, until, WAYS } from '../support/runtime.ts'
import { record } from './helpers/record.ts'
import { describeVisits, noticed, visit } from './helpers/visits.ts'

const NEIGHBOURS = ['neighbour-0', 'neighbour-1', 'neighbour-2']
const ROUNDS_MS = 4000

/** Each leaves its work behind, and answers at once. */
const FLOODS = [
  {
    id: 'P1',
    title: 'PBKDF2 of ten million rounds, sixteen times',
    work: `const key = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits'])
      for (let n = 0; n < 16; n++) crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(8), iterations: 10_000_000 }, key, 256)`,
  },
  {
    id: 'P2',
    title: 'RSA keys of 4096 bits, sixteen times',
    work: `for (let n = 0; n < 16; n++) crypto.subtle.generateKey({ name: 'RSA-PSS', modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, false, ['sign', 'verify'])`,
  },
  {
    id: 'P3',
    title: 'sixteen compressions with brotli that never end',
    work: `const big = new Uint8Array(100_000).map((_, n) => (n * 7919) >> 3)
      for (let n = 0; n < 16; n++) new ReadableStream({ pull(c) { c.enqueue(big) } }).pipeThrough(new CompressionStream('brotli')).pipeTo(new WritableStream())`,
  },
  {
    id: 'P4',
    title: 'digests of a megabyte without end, sixteen at a time',
    work: `const big = new Uint8Array(1024 * 1024)
      const again = () => crypto.subtle.digest('SHA-512', big).then(again)
      for (let n = 0; n < 16; n++) again()`,
  },
] as const

const NEIGHBOUR = backendOf(`
  const began = performance.now()
  await crypto.subtle.digest('SHA-256', new Uint8Array(1000))
  return new Response(String(performance.now() - began))`)

for (const { id, title, work } of FLOODS)
  test(`${id}: ${title}: neighbours in the process get their digests, the plugin pays`, async (t) => {
    const { runtime, client } = await crowd(t, work)
    const before = await visit(client, NEIGHBOURS, 1000)
    const home = homeOf(runtime, 'neighbour-0')?.pid
    assert.equal(homeOf(runtime, 'culprit')?.pid, home)

    assert.equal(await (await client.fetch('/plugins/culprit/api/')).text(), 'answered')
    const during = await visit(client, NEIGHBOURS, ROUNDS_MS)

    assert.deepEqual([...during.statuses], [200], 'every request of a neighbour is answered')
    await until('the culprit is ended', async () => (await resources(runtime, 'culprit')).restarts > 0)
    assert.equal(homeOf(runtime, 'neighbour-0')?.pid, home, 'the process of the neighbours goes on')
    assert.match(
      (await errorsOf(runtime, 'culprit')).join(),
      /CPU time/,
      'the culprit is named in its own log',
    )
    assert.ok((await resources(runtime, 'culprit')).cpuMs > 800, 'the culprit is charged')
    for (const id of NEIGHBOURS) {
      assert.deepEqual(await errorsOf(runtime, id), [])
      const { restarts, errors, throttled } = await resources(runtime, id)
      assert.deepEqual({ restarts, errors, throttled }, { restarts: 0, errors: 0, throttled: 0 })
    }
    assert.equal(await (await client.fetch('/plugins/culprit/api/fine')).text(), 'fine')
    assert.equal(homeOf(runtime, 'culprit')?.shared, false, 'it has a process of its own now')

    t.diagnostic(describeVisits('digests', before, during))
    record({
      id,
      area: 'who pays',
      title,
      culprit: 'ended, in a process of its own',
      neighbour: noticed(before, during),
    })
  })

async function crowd(t: TestContext, work: string): Promise<{ runtime: Runtime; client: Client }> {
  const runtime = await startTestRuntime(t, { config: { sandbox: { maxProcesses: 0 } } })
  const [server] = WAYS
  assert.ok(server)
  const client = await server.open(t, runtime)
  const backend = backendOf(`
    if (url.pathname === '/fine') return new Response('fine')
    ctx.waitUntil((async () => { ${work} })())
    return new Response('answered')`)
  await install(runtime, { id: 'culprit', backend })
  for (const id of NEIGHBOURS) await install(runtime, { id, backend: NEIGHBOUR })
  return { runtime, client }
}

function homeOf(runtime: Runtime, id: string) {
  return runtime.sandbox.processes.find(({ plugins }) => plugins.includes(id))
}

async function resources(runtime: Runtime, id: string) {
  return (await runtime.plugins.get(id)).resources
}

async function errorsOf(runtime: Runtime, id: string): Promise<string[]> {
  const { items } = (await (await api(runtime, `/plugins/${id}/logs?limit=200`)).json()) as {
    items: { level: string; message: string }[]
  }
  return items.filter(({ level }) => level === 'error').map(({ message }) => message)
}
