import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type ApiServer, problemOf, startApi, zipOf } from '../../support/api-server.ts'
import { readEvents } from '../../support/event-reader.ts'

const EVENTS = '/api/v1/events'
const LOGS = '/api/v1/plugins/hello/logs'
const ACCEPT = { accept: 'text/event-stream' }

async function withHello(api: ApiServer): Promise<ApiServer> {
  const headers = { 'content-type': 'application/zip' }
  await api.request('/api/v1/plugins', {
    method: 'POST',
    token: api.admin,
    headers,
    body: zipOf({ id: 'hello' }),
  })
  return api
}

/** The heartbeat or the client's leaving is noticed in its own time. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

test('events are followed as they happen, over a real socket, until the client leaves', async (t) => {
  const api = await startApi(t)
  const url = await api.listen()
  const response = await fetch(`${url}${EVENTS}`, { headers: { authorization: `Bearer ${api.admin}` } })
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.match(response.headers.get('cache-control') ?? '', /no-store/)
  const events = readEvents(response)
  const data = { id: 'hello', state: 'running', version: '1.0.0' }
  await until(() => api.plugins.listeners() === 1)
  api.plugins.emit('plugin.state', data)
  assert.deepEqual(await events.next(), { event: 'plugin.state', id: '1', data })
  await events.cancel()
  await until(() => api.plugins.listeners() === 0)
})

test('streams end when the runtime leaves, and one that is asked for later ends at once', async (t) => {
  const ending = new AbortController()
  const api = await startApi(t, { ending: ending.signal })
  const url = await api.listen()
  const open = () => fetch(`${url}${EVENTS}`, { headers: { authorization: `Bearer ${api.admin}` } })
  const events = readEvents(await open())
  await until(() => api.plugins.listeners() === 1)
  ending.abort()
  assert.equal(await events.next(), undefined)
  await until(() => api.plugins.listeners() === 0)
  assert.equal(await readEvents(await open()).next(), undefined)
  assert.equal(api.plugins.listeners(), 0)
})

test('a client that comes back gets what it missed', async (t) => {
  const api = await startApi(t)
  for (const id of ['a', 'b', 'c']) api.plugins.emit('plugin.removed', { id })
  const response = await api.request(EVENTS, { token: api.admin, headers: { 'last-event-id': '1' } })
  const events = readEvents(response)
  assert.deepEqual([(await events.next())?.id, (await events.next())?.id], ['2', '3'])
  api.plugins.emit('usb.change', {})
  assert.deepEqual(await events.next(), { event: 'usb.change', id: '4', data: {} })
  await events.cancel()
  assert.equal(api.plugins.listeners(), 0)
})

test('an odd Last-Event-ID is no place to go on from', async (t) => {
  const api = await startApi(t)
  api.plugins.emit('plugin.removed', { id: 'a' })
  for (const id of ['-1', 'x', '1e9', '9'.repeat(40), '']) {
    const events = readEvents(
      await api.request(EVENTS, { token: api.admin, headers: { 'last-event-id': id } }),
    )
    api.plugins.emit('usb.change', { id })
    assert.deepEqual((await events.next())?.data, { id })
    await events.cancel()
  }
})

test('data that holds line breaks stays one event', async (t) => {
  const api = await startApi(t)
  const events = readEvents(await api.request(EVENTS, { token: api.admin }))
  const data = { id: 'x\n\nevent: forged\ndata: {}\r\n' }
  api.plugins.emit('usb.change', data)
  assert.deepEqual(await events.next(), { event: 'usb.change', id: '1', data })
  await events.cancel()
})

test('a heartbeat keeps the connection alive, and ends it when the token is gone', async (t) => {
  const api = await startApi(t, { streams: { heartbeatMs: 5 } })
  const { record, token } = await api.store.principals.addToken(
    { name: 'short', permissions: ['events.view'] },
    { actor: 'test', action: 'token.create' },
  )
  const events = readEvents(await api.request(EVENTS, { token }))
  const ended = events.next()
  await until(() => events.comments >= 3)
  await api.store.principals.removeToken(record.id, { actor: 'test', action: 'token.remove' })
  assert.equal(await ended, undefined)
  assert.equal(api.plugins.listeners(), 0)
})

test('there is a cap on open streams, and one that ends makes room', async (t) => {
  const api = await withHello(await startApi(t, { streams: { maxStreams: 2 } }))
  const first = readEvents(await api.request(EVENTS, { token: api.admin }))
  const second = readEvents(await api.request(LOGS, { token: api.admin, headers: ACCEPT }))
  for (const path of [EVENTS, LOGS]) {
    const refused = await api.request(path, { token: api.admin, headers: ACCEPT })
    assert.equal(refused.status, 503)
    assert.equal((await problemOf(refused)).code, 'TOO_MANY_LISTENERS')
  }
  assert.equal(api.plugins.listeners(), 2)
  await first.cancel()
  const third = await api.request(EVENTS, { token: api.admin })
  assert.equal(third.status, 200)
  await third.body?.cancel()
  await second.cancel()
})

test('a client that does not read is cut off, not waited for', async (t) => {
  const api = await startApi(t, { streams: { maxBufferedBytes: 10_000 } })
  const response = await api.request(EVENTS, { token: api.admin })
  for (let i = 0; i < 100; i++) api.plugins.emit('usb.change', { filler: 'x'.repeat(1000) })
  assert.equal(api.plugins.listeners(), 0)
  assert.ok((await response.text()).length < 20_000)
})

test('a client that is cut off by what it missed leaves no listener behind', async (t) => {
  const api = await startApi(t, { streams: { maxBufferedBytes: 10_000 } })
  for (let i = 0; i < 100; i++) api.plugins.emit('usb.change', { filler: 'x'.repeat(1000) })
  const response = await api.request(EVENTS, { token: api.admin, headers: { 'last-event-id': '0' } })
  assert.equal(api.plugins.listeners(), 0)
  await response.text()
})

test('HEAD opens no stream', async (t) => {
  const api = await withHello(await startApi(t, { streams: { maxStreams: 1 } }))
  for (const path of [EVENTS, LOGS, EVENTS, LOGS]) {
    assert.equal((await api.request(path, { method: 'HEAD', token: api.admin, headers: ACCEPT })).status, 200)
  }
  assert.equal(api.plugins.listeners(), 0)
})

test('the log comes in pages, newest first', async (t) => {
  const api = await withHello(await startApi(t))
  for (const message of ['one', 'two', 'three']) api.plugins.log('hello', message)
  const page = await (await api.request(`${LOGS}?limit=2`, { token: api.admin })).json()
  assert.deepEqual(
    page.items.map((line: { message: string }) => line.message),
    ['three', 'two'],
  )
  const rest = await (
    await api.request(`${LOGS}?limit=2&cursor=${page.nextCursor}`, { token: api.admin })
  ).json()
  assert.deepEqual([rest.items[0].message, rest.nextCursor], ['one', null])
})

test('the log is followed: from now on, from some lines back, or from where the client left', async (t) => {
  const api = await withHello(await startApi(t))
  for (let i = 1; i <= 300; i++) api.plugins.log('hello', `line ${i}`)
  const follow = (query: string, headers: Record<string, string> = {}) =>
    api.request(`${LOGS}${query}`, { token: api.admin, headers: { ...ACCEPT, ...headers } })
  const cases: [Promise<Response>, number][] = [
    [follow(''), 301],
    [follow('?limit=2'), 299],
    [follow('', { 'last-event-id': '10' }), 11],
  ]
  const readers = await Promise.all(
    cases.map(async ([response, from]) => ({ events: readEvents(await response), from })),
  )
  api.plugins.log('hello', 'line 301', 'error')
  for (const { events, from } of readers) {
    for (let seq = from; seq <= 301; seq++) {
      const event = await events.next()
      assert.deepEqual([event?.event, event?.id], ['log', String(seq)])
    }
    await events.cancel()
  }
  assert.equal(api.plugins.listeners(), 0)
})

test('lines written while older ones are looked up are neither lost nor doubled', async (t) => {
  const api = await withHello(await startApi(t))
  api.plugins.log('hello', 'old')
  const { logs } = api.plugins
  Object.assign(api.plugins, {
    logs: async (...args: Parameters<typeof logs>) => {
      api.plugins.log('hello', 'before the page')
      const page = await logs(...args)
      api.plugins.log('hello', 'after the page')
      return page
    },
  })
  const events = readEvents(await api.request(`${LOGS}?limit=50`, { token: api.admin, headers: ACCEPT }))
  api.plugins.log('hello', 'new')
  const ids = [await events.next(), await events.next(), await events.next(), await events.next()].map(
    (event) => event?.id,
  )
  assert.deepEqual(ids, ['1', '2', '3', '4'])
  await events.cancel()
})

test('only lines of the wanted level are followed', async (t) => {
  const api = await withHello(await startApi(t))
  const events = readEvents(await api.request(`${LOGS}?level=warn`, { token: api.admin, headers: ACCEPT }))
  api.plugins.log('hello', 'quiet', 'info')
  api.plugins.log('hello', 'loud', 'error')
  assert.equal((await events.next())?.id, '2')
  await events.cancel()
})

test('the log of an unknown plugin is not followed', async (t) => {
  const api = await startApi(t)
  const response = await api.request(LOGS, { token: api.admin, headers: ACCEPT })
  assert.equal(response.status, 404)
  assert.equal(api.plugins.listeners(), 0)
})
