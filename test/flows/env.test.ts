// What a plugin finds in `env`, seen from inside a real one.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { bothWays, install, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

/** Runs what it is sent against `env.kv`, so that each test reads as the plugin would. */
const KV = `
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const tests = {
  async values({ kv }) {
    await kv.put('text', 'héllo €')
    await kv.put('bytes', new Uint8Array([0, 255, 128]))
    await kv.put('json', JSON.stringify({ a: [1] }))
    const bytes = [...new Uint8Array(await kv.get('bytes', 'arrayBuffer'))]
    const seen = [await kv.get('text'), bytes, await kv.get('json', 'json'), await kv.get('none'), await kv.get('json', { type: 'json' })]
    await kv.delete('text')
    return [...seen, await kv.get('text')]
  },
  async metadata({ kv }) {
    await kv.put('m', 'v', { metadata: { by: 'ada' } })
    return [await kv.getWithMetadata('m'), await kv.getWithMetadata('none')].map(({ value, metadata }) => ({ value, metadata }))
  },
  async ttl({ kv }) {
    await kv.put('short', 'v', { expiration: Math.floor(Date.now() / 1000) + 2 })
    await kv.put('long', 'v', { expirationTtl: 3600 })
    const before = await kv.get('short')
    for (let n = 0; n < 100 && (await kv.get('short')) !== null; n++) await wait(100)
    return [before, await kv.get('short'), await kv.get('long'), (await kv.list({ prefix: 'short' })).keys.length]
  },
  async list({ kv }) {
    for (let n = 0; n < 25; n++) await kv.put('list/' + String(n).padStart(2, '0'), 'v', { metadata: n })
    await kv.put('other', 'v')
    const pages = []
    let cursor
    for (;;) {
      const page = await kv.list({ prefix: 'list/', limit: 10, cursor })
      pages.push([page.keys.length, page.keys[0].name, page.keys[0].metadata, page.list_complete])
      if (page.list_complete) return pages
      cursor = page.cursor
    }
  },
  async wrong({ kv }) {
    const errors = []
    for (const attempt of [
      () => kv.put('', 'v'), () => kv.put('k'.repeat(513), 'v'), () => kv.put('k', 42), () => kv.get(7),
      () => kv.put('k', 'v', { expirationTtl: -1 }), () => kv.put('k', '€'.repeat(1_000_000)), () => kv.put('k', new Uint8Array(1_000_001)),
      () => kv.list({ limit: -1 }),
    ]) {
      try { errors.push(['accepted', await attempt()]) } catch (error) { errors.push(error.code ?? error.name) }
    }
    await kv.put('k', 'still well')
    return [errors, await kv.get('k')]
  },
  async quota({ kv }) {
    let stored = 0
    try { for (; stored < 100; stored++) await kv.put('big' + stored, new Uint8Array(900_000)) } catch (error) {
      const small = await kv.get('big0', 'arrayBuffer')
      await kv.delete('big0')
      await kv.put('big0', 'fits again')
      return [stored, error.code, small.byteLength, await kv.get('big0')]
    }
    return stored
  },
  async shape(env, ctx) {
    const attempts = []
    for (const change of [() => { env.kv = 1 }, () => { env.settings.x = 1 }, () => { env.settings.deep.list.push(1) }, () => { delete env.log }]) {
      try { change(); attempts.push('allowed') } catch (error) { attempts.push(error.name) }
    }
    return { keys: Object.keys(env).sort(), has: ['kv', 'usb', 'database', 'toString'].map((name) => env.has(name)), attempts, user: ctx.user, globals: ['process', 'require', 'WebAssembly', 'SharedArrayBuffer', '__plugbay_load', 'fetch'].filter((name) => name in globalThis) }
  },
  async usb(env) { return await env.usb.getDevices() },
}
export default {
  async fetch(request, env, ctx) {
    return Response.json((await tests[new URL(request.url).pathname.slice(1)](env, ctx)) ?? null)
  },
}
`

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, { config: { limits: { kvBytes: 5_000_000 } } })
  await install(runtime, { id: 'kept', backend: KV, manifest: { permissions: { kv: true } } })
  await install(runtime, { id: 'bare', backend: KV })
  await install(runtime, {
    id: 'cable',
    backend: KV,
    manifest: {
      permissions: { usb: [{ vendorId: 0x1234 }] },
      settings: { type: 'object', properties: { name: { type: 'string', default: 'x' } } },
    },
  })
})

bothWays('kv keeps text, bytes and JSON', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.deepEqual(await (await client.fetch('/plugins/kept/api/values')).json(), [
    'héllo €',
    [0, 255, 128],
    { a: [1] },
    null,
    { a: [1] },
    null,
  ])
  assert.deepEqual(await (await client.fetch('/plugins/kept/api/metadata')).json(), [
    { value: 'v', metadata: { by: 'ada' } },
    { value: null, metadata: null },
  ])
})

bothWays('kv forgets what has expired', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.deepEqual(await (await client.fetch('/plugins/kept/api/ttl')).json(), ['v', null, 'v', 0])
})

bothWays('kv lists in pages', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.deepEqual(await (await client.fetch('/plugins/kept/api/list')).json(), [
    [10, 'list/00', 0, false],
    [10, 'list/10', 10, false],
    [5, 'list/20', 20, true],
  ])
})

bothWays('kv refuses what it cannot keep, and goes on', async (t, way) => {
  const client = await way.open(t, runtime)
  const [errors, still] = (await (await client.fetch('/plugins/kept/api/wrong')).json()) as [
    unknown[],
    string,
  ]
  for (const [index, error] of errors.entries())
    assert.ok(
      ['HOST_CALL_INVALID', 'QUOTA_EXCEEDED', 'TypeError', 'RangeError'].includes(String(error)),
      `${index}: ${JSON.stringify(error)}`,
    )
  assert.equal(still, 'still well')
  assert.equal((await runtime.plugins.get('kept')).resources.restarts, 0)
})

bothWays('kv has a quota, and room again after a deletion', async (t, way) => {
  const client = await way.open(t, runtime)
  const [stored, code, size, again] = (await (
    await client.fetch('/plugins/kept/api/quota')
  ).json()) as unknown[]
  assert.ok(Number(stored) >= 4 && Number(stored) <= 6, String(stored))
  assert.deepEqual([code, size, again], ['QUOTA_EXCEEDED', 900_000, 'fits again'])
})

bothWays('what is not granted is absent, and what is there cannot be changed', async (t, way) => {
  const client = await way.open(t, runtime)
  const bare = (await (await client.fetch('/plugins/bare/api/shape')).json()) as Record<string, unknown>
  assert.ok(!(bare.keys as string[]).some((key) => ['kv', 'usb', 'db'].includes(key)), String(bare.keys))
  assert.deepEqual(bare.has, [false, false, false, false])
  assert.deepEqual(bare.attempts, ['TypeError', 'TypeError', 'TypeError', 'TypeError'])
  for (const name of ['process', 'require', 'WebAssembly', 'SharedArrayBuffer', '__plugbay_load'])
    assert.ok(!(bare.globals as string[]).includes(name), name)
  const kept = (await (await client.fetch('/plugins/kept/api/shape')).json()) as Record<string, unknown>
  assert.ok((kept.keys as string[]).includes('kv'))
  assert.deepEqual(kept.has, [true, false, false, false])
})

bothWays('no granted USB device is an empty list, not an error', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.deepEqual(await (await client.fetch('/plugins/cable/api/usb')).json(), [])
})

bothWays('plugins do not see each other’s data', async (t, way) => {
  const client = await way.open(t, runtime)
  await install(runtime, { id: 'other', backend: KV, manifest: { permissions: { kv: true } } })
  await client.fetch('/plugins/kept/api/values')
  const [{ value }] = (await (await client.fetch('/plugins/other/api/metadata')).json()) as [
    { value: string },
  ]
  assert.equal(value, 'v')
  const other = await client.fetch('/plugins/other/api/list')
  assert.equal(((await other.json()) as unknown[]).length, 3)
})
