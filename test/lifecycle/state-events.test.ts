// What the stream of events says of a plugin is what the API says of it, whatever happens to the plugin.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { RuntimeEvent } from '../../sdk/api/events.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import { type EventReader, readEvents } from '../support/event-reader.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  type Client,
  install,
  pluginZip,
  send,
  startTestRuntime,
  until,
  upload,
  WAYS,
} from '../support/runtime.ts'

/** Long enough for a step of the test on a busy machine. */
const IDLE_MS = 2000
const BACKEND = backendOf(`if (url.pathname === '/loop') for (;;) {}
  return new Response('fine')`)

function release(version: string, permissions: Readonly<Record<string, boolean>> = {}) {
  const manifest = { permissions, limits: { cpuMs: 300, deadlineMs: 3000 } }
  return { id: 'book', version, backend: BACKEND, files: { 'frontend/index.html': 'a page' }, manifest }
}

/** The state and version of one event, or of one answer of the API; null when there is no such plugin. */
type Sight = Pick<Installation, 'state' | 'version'> | null

function sightOf({ type, data }: RuntimeEvent): Sight {
  if (type === 'plugin.removed') return null
  return { state: data.state, version: data.version }
}

/** Follows the plugin, and asks the API at each event what it says of it. */
class Witness {
  readonly events: Sight[] = []
  readonly #app: ReturnType<typeof createApp>
  readonly #asked: Promise<void>[] = []
  readonly #differences: string[] = []

  constructor(runtime: Runtime) {
    this.#app = createApp(runtime)
    runtime.plugins.subscribeEvents((event) => {
      if (event.data.id !== 'book') return
      this.events.push(sightOf(event))
      this.#asked.push(this.#compare(this.events.length - 1))
    })
  }

  async get(): Promise<Sight> {
    const response = await this.request('/plugins/book')
    if (response.status === 404) return null
    const { state, version } = (await response.json()) as Installation
    return { state, version }
  }

  async stream(): Promise<EventReader> {
    return readEvents(await this.request('/events'))
  }

  /** Waits until the last event and the API both say so, and every answer so far has been compared. */
  async settled(state: Installation['state'] | null): Promise<void> {
    await until(`the last event is "${state}"`, () => (this.events.at(-1)?.state ?? null) === state)
    assert.deepEqual(await this.get(), this.events.at(-1))
    await Promise.all(this.#asked)
    assert.deepEqual(this.#differences, [])
  }

  /** The plugin may have gone on while the API was asked: it says what this event says, or a later one. */
  async #compare(index: number): Promise<void> {
    const answer = await this.get()
    const since = this.events.slice(index)
    if (since.some((sight) => JSON.stringify(sight) === JSON.stringify(answer))) return
    this.#differences.push(`${JSON.stringify(answer)} after the events ${JSON.stringify(since)}`)
  }

  async request(path: string): Promise<Response> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    return await this.#app.request(`http://127.0.0.1:3000/api/v1${path}`, { headers })
  }
}

interface Started {
  readonly runtime: Runtime
  readonly client: Client
  readonly witness: Witness
}

async function start(t: TestContext, idleMs: number): Promise<Started> {
  const sandbox = { idleMs, maxFailures: 2, failureWindowMs: 600_000 }
  const runtime = await startTestRuntime(t, { config: { sandbox } })
  const [server] = WAYS
  assert.ok(server)
  return { runtime, client: await server.open(t, runtime), witness: new Witness(runtime) }
}

async function command(runtime: Runtime, action: string, body?: unknown): Promise<void> {
  const response = await send(runtime, 'POST', `/plugins/book/${action}`, body)
  assert.equal(response.status, 200, `${action}: ${await response.text()}`)
}

test('the stream of events says what the API says, through the whole life of a plugin', async (t) => {
  const { runtime, client, witness } = await start(t, IDLE_MS)
  const stream = await witness.stream()
  const ask = (path: string) => client.fetch(`/plugins/book/api/${path}`)

  await install(runtime, release('1.0.0'))
  assert.deepEqual(witness.events, [{ state: 'running', version: '1.0.0' }], 'one upload, one event')

  // An update awaits approval: the serving release continues, but its state is not what must be reported.
  await install(runtime, release('2.0.0', { kv: true }))
  await witness.settled('waiting-approval')
  await command(runtime, 'reload')
  await witness.settled('waiting-approval')
  assert.equal((await ask('')).status, 200)
  await new Promise((resolve) => setTimeout(resolve, 2 * IDLE_MS))
  await witness.settled('waiting-approval')
  assert.equal((await send(runtime, 'PUT', '/plugins/book/grants', { kv: true })).status, 200)
  await witness.settled('running')
  assert.deepEqual(await witness.get(), { state: 'running', version: '2.0.0' })

  await witness.settled('idle')
  assert.equal((await ask('')).status, 200)
  await witness.settled('running')
  await command(runtime, 'reload')
  await command(runtime, 'disable')
  await witness.settled('disabled')
  await command(runtime, 'enable')
  await witness.settled('running')

  const crash = async () => {
    await until('it answers', async () => (await ask('')).ok)
    assert.equal((await ask('loop')).status, 504)
  }
  await crash()
  await witness.settled('idle')
  await crash()
  await witness.settled('quarantined')
  // Nothing of it is left: its pages are as gone as its backend.
  assert.deepEqual(runtime.live.current(), [])
  assert.equal((await client.fetch('/plugins/book/')).status, 503)
  await command(runtime, 'retry')
  await witness.settled('running')
  assert.equal((await client.fetch('/plugins/book/')).status, 200)
  await command(runtime, 'rollback')
  assert.deepEqual(await witness.get(), { state: 'running', version: '1.0.0' })
  await witness.settled('running')
  assert.equal((await send(runtime, 'DELETE', '/plugins/book')).status, 204)
  await witness.settled(null)

  const told: Sight[] = []
  while (told.at(-1) !== null) {
    const event = await stream.next()
    assert.ok(event)
    told.push(sightOf({ type: event.event, data: event.data } as RuntimeEvent))
  }
  await stream.cancel()
  assert.deepEqual(told, witness.events)
  for (const [index, event] of told.entries()) assert.notDeepEqual(event, told[index + 1] ?? {})
})

test('an update that waits for approval stops what serves when it is uploaded as disabled', async (t) => {
  const { runtime, client, witness } = await start(t, 600_000)
  await install(runtime, release('1.0.0'))
  const { enabled, state } = await install(runtime, release('2.0.0', { kv: true }), { enable: 'false' })
  assert.deepEqual({ enabled, state }, { enabled: false, state: 'disabled' })
  assert.equal((await client.fetch('/plugins/book/api/')).status, 404)
  await witness.settled('disabled')
})

test('one change is one event', async (t) => {
  const { runtime, witness } = await start(t, 600_000)
  await install(runtime, release('1.0.0'))
  await install(runtime, release('1.1.0'))
  assert.equal((await upload(runtime, pluginZip(release('1.1.0')))).status, 200)
  await command(runtime, 'disable')
  await command(runtime, 'disable')
  await command(runtime, 'reload')
  await install(runtime, release('1.2.0'))
  await command(runtime, 'enable')
  assert.deepEqual(witness.events, [
    { state: 'running', version: '1.0.0' },
    { state: 'running', version: '1.1.0' },
    { state: 'disabled', version: '1.1.0' },
    { state: 'disabled', version: '1.2.0' },
    { state: 'running', version: '1.2.0' },
  ])
  await witness.settled('running')
})
