import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { RuntimeEventData } from '../../../sdk/api/events.ts'
import type { LogLevel, LogLine } from '../../../sdk/api/logs.ts'
import { type ApiServer, openApi, problemOf } from '../../support/api-server.ts'
import type { EventReader } from '../../support/event-reader.ts'
import { backendOf, install, startTestRuntime, until } from '../../support/runtime.ts'

const EVENTS = '/events'
const LOGS = '/plugins/writer/logs'
const ACCEPT = { accept: 'text/event-stream' }

const runtime = await startTestRuntime({ after }, { config: { limits: { logLinesPerSecond: 10_000 } } })
/** Has no backend, so that it changes its state at once. */
await install(runtime, { id: 'page', files: { 'frontend/index.html': '<p>' } })
/** Writes lines of the requested text to its log. */
await install(runtime, {
  id: 'writer',
  backend: backendOf(`
    for (const [level, message] of await request.json()) env.log[level](message)
    return new Response('written')`),
})

type Lines = readonly (readonly [level: LogLevel, message: string])[]

async function write(api: ApiServer, lines: Lines): Promise<void> {
  const init = { method: 'POST', body: JSON.stringify(lines) }
  assert.equal(await (await api.visit('/plugins/writer/api/', init)).text(), 'written')
}

/** Where the log of the writer ends. */
async function lastSeq(): Promise<number> {
  return (await runtime.plugins.logs('writer', { limit: 1 })).items[0]?.seq ?? 0
}

/** Two events: the page is disabled and enabled. */
async function blink(times = 1): Promise<void> {
  for (let n = 0; n < times; n++) {
    await runtime.plugins.disable('page', 'test')
    await runtime.plugins.enable('page', 'test')
  }
}

/** "page disabled" of an event; undefined when the stream has ended. */
async function nextState(events: EventReader): Promise<string | undefined> {
  const event = await events.next()
  if (event === undefined) return undefined
  const { id, state } = event.data as RuntimeEventData<'plugin.state'>
  return `${id} ${state}`
}

async function nextLine(events: EventReader): Promise<LogLine> {
  const event = await events.next()
  assert.equal(event?.event, 'log')
  return event.data as LogLine
}

/** A listener is let go of when the heartbeat or the client's leaving is noticed. */
const noListeners = (api: ApiServer) => until('nobody listens', () => api.listeners() === 0)

test('events are followed as they happen, over a real socket, until the client leaves', async (t) => {
  const api = await openApi(t, runtime)
  const url = await api.listen()
  const leaving = new AbortController()
  const response = await fetch(`${url}/api/v1${EVENTS}`, {
    headers: { authorization: `Bearer ${api.admin}` },
    signal: leaving.signal,
  })
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.match(response.headers.get('cache-control') ?? '', /no-store/)
  await until('it listens', () => api.listeners() === 1)
  const events = api.read(EVENTS, response)
  await blink()
  assert.equal(await nextState(events), 'page disabled')
  assert.equal(await nextState(events), 'page running')
  leaving.abort()
  await noListeners(api)
})

test('streams end when the runtime leaves, and one that is asked for later ends at once', async (t) => {
  const ending = new AbortController()
  const api = await openApi(t, runtime, { ending: ending.signal })
  const url = await api.listen()
  const open = async () =>
    api.read(
      EVENTS,
      await fetch(`${url}/api/v1${EVENTS}`, { headers: { authorization: `Bearer ${api.admin}` } }),
    )
  const events = await open()
  await until('it listens', () => api.listeners() === 1)
  ending.abort()
  assert.equal(await events.next(), undefined)
  await noListeners(api)
  assert.equal(await (await open()).next(), undefined)
  assert.equal(api.listeners(), 0)
})

test('a client that comes back gets what it missed', async (t) => {
  const api = await openApi(t, runtime)
  const first = await api.follow(EVENTS)
  await blink(2)
  const seen = await first.next()
  await first.cancel()
  const again = await api.follow(EVENTS, { headers: { 'last-event-id': seen?.id ?? '' } })
  const missed = [await nextState(again), await nextState(again), await nextState(again)]
  assert.deepEqual(missed, ['page running', 'page disabled', 'page running'])
  await runtime.plugins.disable('page', 'test')
  assert.equal(await nextState(again), 'page disabled')
  await runtime.plugins.enable('page', 'test')
  await again.cancel()
  await noListeners(api)
})

test('the uninstall of a plugin is announced, with its id', async (t) => {
  const api = await openApi(t, runtime)
  await install(runtime, { id: 'leaver', files: { 'frontend/index.html': '<p>' } })
  const events = await api.follow(EVENTS)
  await runtime.plugins.uninstall('leaver', { data: 'delete', actor: 'test' })
  let event = await events.next()
  while (event?.event === 'plugin.state') event = await events.next()
  assert.deepEqual([event?.event, event?.data], ['plugin.removed', { id: 'leaver' }])
  await events.cancel()
})

test('a malformed Last-Event-ID is ignored', async (t) => {
  const api = await openApi(t, runtime)
  for (const id of ['-1', 'x', '1e9', '9'.repeat(40), '']) {
    const events = await api.follow(EVENTS, { headers: { 'last-event-id': id } })
    await runtime.plugins.disable('page', 'test')
    assert.equal(await nextState(events), 'page disabled', id)
    await runtime.plugins.enable('page', 'test')
    await events.cancel()
  }
})

test('data that holds line breaks stays one event', async (t) => {
  const api = await openApi(t, runtime)
  const events = await api.follow(LOGS)
  const message = 'x\n\nevent: forged\ndata: {}\r\n'
  await write(api, [['info', message]])
  assert.equal((await nextLine(events)).message, message.replace('\r', '\\u000d'))
  await events.cancel()
})

test('a heartbeat keeps the connection alive, and ends it when the token is gone', async (t) => {
  const api = await openApi(t, runtime, { streams: { heartbeatMs: 5 } })
  const { record, token } = await runtime.store.principals.addToken(
    { name: 'short', permissions: ['events.view'] },
    { actor: 'test', action: 'token.create' },
  )
  const events = await api.follow(EVENTS, { token })
  const ended = events.next()
  await until('it has beaten', () => events.comments >= 3)
  await runtime.store.principals.removeToken(record.id, { actor: 'test', action: 'token.remove' })
  assert.equal(await ended, undefined)
  await noListeners(api)
})

test('there is a cap on open streams, and one that ends makes room', async (t) => {
  const api = await openApi(t, runtime, { streams: { maxStreams: 2 } })
  const first = await api.follow(EVENTS)
  const second = await api.follow(LOGS)
  for (const path of [EVENTS, LOGS]) {
    const refused = await api.request(path, { token: api.admin, headers: ACCEPT })
    assert.equal(refused.status, 503)
    assert.equal((await problemOf(refused)).code, 'TOO_MANY_LISTENERS')
  }
  assert.equal(api.listeners(), 2)
  await first.cancel()
  await until('there is room', () => api.listeners() === 1)
  const third = await api.follow(EVENTS)
  await third.cancel()
  await second.cancel()
})

test('one principal cannot take the streams of all others', async (t) => {
  const api = await openApi(t, runtime, { streams: { maxStreams: 10, maxStreamsEach: 2 } })
  const viewer = await api.token('plugins.view', 'events.view')
  const own = [await api.follow(EVENTS, { token: viewer }), await api.follow(EVENTS, { token: viewer })]
  const refused = await api.request(EVENTS, { token: viewer, headers: ACCEPT })
  assert.equal((await problemOf(refused)).code, 'TOO_MANY_LISTENERS')
  const admins = await api.follow(EVENTS)
  for (const each of [...own, admins]) await each.cancel()
  await until('there is room', () => api.listeners() === 0)
  await (await api.follow(EVENTS, { token: viewer })).cancel()
})

test('a client that does not read is cut off, not waited for', async (t) => {
  const api = await openApi(t, runtime, { streams: { maxBufferedBytes: 1000 } })
  const response = await api.request(EVENTS, { token: api.admin, headers: ACCEPT })
  await blink(10)
  assert.equal(api.listeners(), 0)
  assert.ok((await response.text()).length < 2000)
})

test('a client that is cut off by what it missed leaves no listener behind', async (t) => {
  const api = await openApi(t, runtime, { streams: { maxBufferedBytes: 1000 } })
  const headers = { ...ACCEPT, 'last-event-id': '0' }
  const response = await api.request(EVENTS, { token: api.admin, headers })
  assert.equal(api.listeners(), 0)
  await response.text()
})

test('HEAD opens no stream', async (t) => {
  const api = await openApi(t, runtime, { streams: { maxStreams: 1 } })
  for (const path of [EVENTS, LOGS, EVENTS, LOGS]) {
    assert.equal((await api.request(path, { method: 'HEAD', token: api.admin, headers: ACCEPT })).status, 200)
  }
  assert.equal(api.listeners(), 0)
})

test('the log comes in pages, newest first', async (t) => {
  const api = await openApi(t, runtime)
  await write(api, [
    ['info', 'one'],
    ['info', 'two'],
    ['info', 'three'],
  ])
  const page = await (await api.send('GET', `${LOGS}?limit=2`)).json()
  assert.deepEqual(
    page.items.map((line: { message: string }) => line.message),
    ['three', 'two'],
  )
  const rest = await (await api.send('GET', `${LOGS}?limit=200&cursor=${page.nextCursor}`)).json()
  assert.deepEqual([rest.items[0].message, rest.nextCursor], ['one', null])
})

test('the log is followed: from now on, from some lines back, or from where the client left', async (t) => {
  const api = await openApi(t, runtime)
  const start = await lastSeq()
  await write(
    api,
    Array.from({ length: 300 }, (_, n) => ['info', `line ${n + 1}`] as const),
  )
  const cases: [Promise<EventReader>, number][] = [
    [api.follow(LOGS), 301],
    [api.follow(`${LOGS}?limit=2`), 299],
    [api.follow(LOGS, { headers: { 'last-event-id': String(start + 10) } }), 11],
  ]
  const readers = await Promise.all(cases.map(async ([events, from]) => ({ events: await events, from })))
  await write(api, [['error', 'line 301']])
  for (const { events, from } of readers) {
    for (let line = from; line <= 301; line++) {
      const event = await events.next()
      assert.deepEqual([event?.event, event?.id], ['log', String(start + line)])
    }
    await events.cancel()
  }
  await noListeners(api)
})

test('lines written while older ones are looked up are neither lost nor doubled', async (t) => {
  const { plugins } = runtime
  const api = await openApi(t, runtime, {
    before: {
      logs: async (...args) => {
        await write(api, [['info', 'before the page']])
        const page = await plugins.logs(...args)
        await write(api, [['info', 'after the page']])
        return page
      },
    },
  })
  await write(api, [['info', 'old']])
  const start = await lastSeq()
  const events = await api.follow(`${LOGS}?limit=2`)
  await write(api, [['info', 'new']])
  const ids = [await events.next(), await events.next(), await events.next(), await events.next()].map(
    (event) => Number(event?.id) - start,
  )
  assert.deepEqual(ids, [0, 1, 2, 3])
  await events.cancel()
})

test('only lines of the wanted level are followed', async (t) => {
  const api = await openApi(t, runtime)
  const events = await api.follow(`${LOGS}?level=warn`)
  await write(api, [
    ['info', 'quiet'],
    ['error', 'loud'],
  ])
  assert.equal((await nextLine(events)).message, 'loud')
  await events.cancel()
})

test('the log of an unknown plugin is not followed', async (t) => {
  const api = await openApi(t, runtime)
  const response = await api.request('/plugins/unknown/logs', { token: api.admin, headers: ACCEPT })
  assert.equal(response.status, 404)
  assert.equal(api.listeners(), 0)
})
