// Durable events through real plugins: stored, in order for each key, repeated, dead and revived, and nothing lost by a restart.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Events } from '../../runtime/events/events.ts'
import type { Runtime } from '../../runtime/index.ts'
import { defineHost } from '../../runtime/index.ts'
import type { EventDelivery } from '../../sdk/api/deliveries.ts'
import type { Page } from '../../sdk/api/lists.ts'
import { api, install, logLines, send, startTestRuntime, temporaryFolder, until } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'

const host = defineHost({
  id: 'library',
  version: '1.0.0',
  events: {
    'sync.finished': {
      data: {
        type: 'object',
        properties: { n: { type: 'integer' } },
        required: ['n'],
        additionalProperties: false,
      },
      durable: true,
    },
    'page.opened': { data: {} },
  },
})

const start = async (t: Scope, data?: string) =>
  await startTestRuntime(t, {
    host,
    config: { events: { maxAttempts: 3, retryMs: 50 }, ...(data !== undefined && { data }) },
  })
type Host = typeof host

const SYNC = { permissions: { events: ['sync.*'] } }
const handler = (body: string) =>
  `export default { events: { 'sync.*': async (event, env, ctx) => { ${body} } } }`
const SAYS = handler('console.log("got", event.data.n, event.key, ctx.user?.name)')
const got = async (runtime: Runtime<Host>, id: string) =>
  (await logLines(runtime as unknown as Runtime, id))
    .map(({ message }) => message)
    .filter((message) => message.startsWith('got '))
const deliveries = async (runtime: Runtime<Host>, query = '') => {
  const response = await api(runtime as unknown as Runtime, `/deliveries${query}`)
  return ((await response.json()) as Page<EventDelivery>).items
}
const as = (runtime: Runtime<Host>) => runtime as unknown as Runtime

describe('a durable event', () => {
  it('is stored for each plugin that is granted it, delivered, and gone', async (t) => {
    const runtime = await start(t)
    await install(as(runtime), { id: 'hears', backend: SAYS, manifest: SYNC })
    await install(as(runtime), {
      id: 'deaf',
      backend: SAYS,
      manifest: { permissions: { events: ['page.*'] } },
    })
    const user = { name: 'ada', permissions: [] }
    assert.deepEqual(await runtime.events.emit('sync.finished', { n: 1 }, { key: 'a', user }), {
      delivered: [],
      skipped: [],
      queued: ['hears'],
    })
    await until('it arrives', async () => (await got(runtime, 'hears')).length === 1)
    assert.deepEqual(await got(runtime, 'hears'), ['got 1 a ada'])
    await until('nothing waits', async () => (await deliveries(runtime)).length === 0)
    assert.deepEqual(await got(runtime, 'deaf'), [])
  })

  it('is checked before it is stored', async (t) => {
    const runtime = await start(t)
    await install(as(runtime), { id: 'hears', backend: SAYS, manifest: SYNC })
    const wrong = { n: 'one' } as unknown as { readonly n: number }
    await assert.rejects(runtime.events.emit('sync.finished', wrong), { code: 'VALUE_INVALID' })
    assert.deepEqual(await deliveries(runtime), [])
  })

  it('is repeated until it is handled; those behind it with its key wait, others pass', async (t) => {
    const runtime = await start(t)
    const backend = `let failed = 0; ${handler(
      'if (event.data.n === 1 && failed++ < 2) throw new Error("not yet"); console.log("got", event.data.n)',
    )}`
    await install(as(runtime), { id: 'stumbles', backend, manifest: SYNC })
    for (const n of [1, 2, 3]) await runtime.events.emit('sync.finished', { n }, { key: 'same' })
    await runtime.events.emit('sync.finished', { n: 9 }, { key: 'other' })
    await until('all arrive', async () => (await got(runtime, 'stumbles')).length === 4)
    const order = (await got(runtime, 'stumbles')).map((line) => line.slice(4))
    assert.deepEqual(
      order.filter((n) => n !== '9'),
      ['1', '2', '3'],
    )
    assert.equal(order[0], '9', 'the other key did not wait')
  })

  it('is dead after the last attempt, visible with its problem, and goes once more when an administrator says so', async (t) => {
    const runtime = await start(t)
    await install(as(runtime), {
      id: 'fails',
      backend: handler('throw new Error("no luck")'),
      manifest: SYNC,
    })
    await runtime.events.emit('sync.finished', { n: 1 }, { key: 'k' })
    await runtime.events.emit('sync.finished', { n: 2 }, { key: 'k' })
    const dead = () => deliveries(runtime, '?state=dead&plugin=fails')
    await until('both are dead', async () => (await dead()).length === 2)
    const [first] = await dead()
    assert.deepEqual(
      { ...first, id: '', time: '' },
      {
        id: '',
        plugin: 'fails',
        name: 'sync.finished',
        key: 'k',
        data: { n: 1 },
        time: '',
        state: 'dead',
        attempts: 3,
        nextAt: null,
        problem: { code: 'GUEST_ERROR', message: 'Error: no luck' },
      },
    )
    await install(as(runtime), { id: 'fails', version: '1.1.0', backend: SAYS, manifest: SYNC })
    const retried = await send(as(runtime), 'POST', '/deliveries/retry', { plugin: 'fails' })
    assert.deepEqual(await retried.json(), { count: 2 })
    await until('both arrive', async () => (await got(runtime, 'fails')).length === 2)
    assert.deepEqual(await dead(), [])
  })

  it('can be discarded when it is dead, one or all of a plugin', async (t) => {
    const runtime = await start(t)
    await install(as(runtime), {
      id: 'fails',
      backend: handler('throw new Error("no luck")'),
      manifest: SYNC,
    })
    for (const n of [1, 2, 3]) await runtime.events.emit('sync.finished', { n })
    const dead = () => deliveries(runtime, '?state=dead')
    await until('all are dead', async () => (await dead()).length === 3)
    const [first] = await dead()
    const one = await send(as(runtime), 'POST', '/deliveries/discard', { id: first?.id })
    assert.deepEqual(await one.json(), { count: 1 })
    const rest = await send(as(runtime), 'POST', '/deliveries/discard', { plugin: 'fails' })
    assert.deepEqual(await rest.json(), { count: 2 })
    assert.equal((await send(as(runtime), 'POST', '/deliveries/discard', {})).status, 400)
  })

  it('waits for a plugin that is enabled and does not serve, and for the next start of the server', async (t) => {
    const data = await temporaryFolder(t)
    const first = await start(t, data)
    // Its handler never ends within the life of this server.
    const stuck = handler('await new Promise(() => {})')
    await install(as(first), { id: 'slow', backend: stuck, manifest: SYNC })
    await first.events.emit('sync.finished', { n: 1 }, { key: 'k' })
    await first.events.emit('sync.finished', { n: 2 }, { key: 'k' })
    await until('it is under way', async () => (await deliveries(first, '?state=running')).length === 1)
    const closing = first.close()
    await closing
    const second = await start(t, data)
    assert.equal((await deliveries(second)).length, 2)
    await install(as(second), { id: 'slow', version: '1.1.0', backend: SAYS, manifest: SYNC })
    await until('both arrive', async () => (await got(second, 'slow')).length === 2)
    assert.deepEqual(
      (await got(second, 'slow')).map((line) => line.split(' ')[1]),
      ['1', '2'],
    )
  })

  it('is not stored for a plugin that is disabled; what was stored goes with an uninstall', async (t) => {
    const runtime = await start(t)
    await install(as(runtime), {
      id: 'fails',
      backend: handler('throw new Error("no luck")'),
      manifest: SYNC,
    })
    await runtime.events.emit('sync.finished', { n: 1 })
    await until('it is dead', async () => (await deliveries(runtime, '?state=dead')).length === 1)
    await send(as(runtime), 'POST', '/plugins/fails/disable')
    assert.deepEqual((await runtime.events.emit('sync.finished', { n: 2 })).queued, [])
    await send(as(runtime), 'DELETE', '/plugins/fails')
    await until('they are gone', async () => (await deliveries(runtime)).length === 0)
  })

  it('of a plugin reaches others, in circles that end', async (t) => {
    const runtime = await start(t)
    const circle = (
      own: string,
      other: string,
    ) => `export default { events: { '${other}.*': async (event, env) => {
      console.log('got', event.data)
      try { await env.events.emit('${own}.ping', event.data + 1, { durable: true, key: 'k' }) } catch (error) { console.log('ended', error.code) }
    } }, async fetch(request, env) { await env.events.emit('${own}.ping', 0, { durable: true }); return new Response('sent') } }`
    const manifest = (own: string, other: string) => ({
      access: 'public',
      permissions: { events: [`${own}.*`, `${other}.*`] },
    })
    await install(as(runtime), {
      id: 'ping',
      backend: circle('ping', 'pong'),
      manifest: manifest('ping', 'pong'),
    })
    await install(as(runtime), {
      id: 'pong',
      backend: circle('pong', 'ping'),
      manifest: manifest('pong', 'ping'),
    })
    const { createApp } = await import('../../runtime/index.ts')
    const sent = await createApp(as(runtime)).request('http://127.0.0.1:3000/plugins/ping/api/')
    assert.equal(await sent.text(), 'sent')
    const lines = async () =>
      [...(await logLines(as(runtime), 'ping')), ...(await logLines(as(runtime), 'pong'))].map(
        ({ message }) => message,
      )
    await until('the circle ends', async () => (await lines()).includes('ended QUOTA_EXCEEDED'))
    await until('each delivery has ended', async () => (await deliveries(runtime)).length === 0)
    assert.equal((await lines()).filter((line) => line.startsWith('got ')).length, 8)
  })

  it('tells of drives in the order of what has happened to each, until it is handled', async (t) => {
    const runtime = await start(t)
    const backend = `let failures = 2
      const note = async ({ name, data, key }) => {
        if (name === 'volume.mounted' && failures-- > 0) throw new Error('late')
        console.log('got', name, data.id, key)
      }
      export default { events: { 'volume.*': note } }`
    await install(as(runtime), { id: 'drives', backend, manifest: { permissions: { events: ['volume.*'] } } })
    assert.ok(runtime.events instanceof Events)
    const { events } = runtime
    const volume = (id: string) => ({ id, name: 'BACKUP', filesystem: 'exfat' })
    await events.emitOwn('volume.mounted', volume('one'), 'one')
    await events.emitOwn('volume.unmounted', volume('one'), 'one')
    await until('both are handled', async () => (await got(runtime, 'drives')).length === 2)
    assert.deepEqual(await got(runtime, 'drives'), [
      'got volume.mounted one one',
      'got volume.unmounted one one',
    ])
  })
})
