// What env.kv adds to Workers KV, as a plugin meets it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../../../runtime/app.ts'
import { backendOf, install, startTestRuntime } from '../../../support/runtime.ts'

const BACKEND = backendOf(`
  const { kv } = env
  const first = await kv.put('a', 'one', { ifVersion: null })
  const again = await kv.put('a', 'two', { ifVersion: null })
  const { version } = await kv.getWithMetadata('a')
  const second = await kv.put('a', 'two', { ifVersion: version })
  const late = await kv.put('a', 'three', { ifVersion: version })
  const refusedDelete = await kv.delete('a', { ifVersion: version })
  const value = await kv.get('a')
  const deleted = await kv.delete('a', { ifVersion: second.version })
  const sums = await Promise.all(Array.from({ length: 20 }, () => kv.increment('n')))
  const total = await kv.increment('n', -5, { expirationTtl: 60 })
  const refusal = await kv.put('text', 'x').then(() => kv.increment('text')).catch((error) => error.code)
  const missing = await kv.getWithMetadata('a')
  return Response.json({ same: first.version === version, again, second: second.ok, late, refusedDelete, value, deleted,
    sums: sums.toSorted((a, b) => a - b), total, json: await kv.get('n', 'json'), refusal, missing })`)

test('compare and set, and counters that lose nothing', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, { id: 'counter', backend: BACKEND, manifest: { permissions: { kv: true } } })
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/counter/api/')
  assert.equal(response.status, 200, await response.clone().text())
  assert.deepEqual(await response.json(), {
    same: true,
    again: { ok: false },
    second: true,
    late: { ok: false },
    refusedDelete: { ok: false },
    value: 'two',
    deleted: { ok: true },
    sums: Array.from({ length: 20 }, (_, index) => index + 1),
    total: 15,
    json: 15,
    refusal: 'HOST_CALL_INVALID',
    missing: { value: null, metadata: null, version: null },
  })
})
