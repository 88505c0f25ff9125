// Authority is looked up, not remembered: what a plugin was granted counts as it is now, for whatever of it still runs.
// For each command: a plugin works in ctx.waitUntil as fast as it can; from the answer of the command on, no host call that the
// command forbids is carried out. Nothing is timed: what arrives at a real server and what is in the files is counted.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Runtime } from '../../runtime/runtime.ts'
import { type CountingServer, startServer } from '../egress/servers.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  type Client,
  install,
  type PluginSource,
  send,
  startTestRuntime,
  until,
  WAYS,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { socketBackend, visit } from '../support/sockets.ts'
import { record } from './helpers/record.ts'

const scope = sharedScope()
let runtime: Runtime
let client: Client
let server: CountingServer
/** Answers that the server keeps open, by path. */
const held = new Map<string, ServerResponse>()

before(async () => {
  server = await startServer(scope, (request, response) => {
    const { url = '' } = request
    if (!url.startsWith('/hold')) return void response.end('ok')
    held.set(url, response)
    if (url === '/hold/answer') response.write('first')
  })
  runtime = await startTestRuntime(scope)
  const [way] = WAYS
  assert.ok(way)
  client = await way.open(scope, runtime)
})

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` }

let count = 0
const nextId = (): string => `worker-${++count}`

function worker(id: string, version = '1.0.0', manifest: Record<string, unknown> = {}): PluginSource {
  const permissions = { kv: true, database: true, network: [server.origin] }
  const settings = { type: 'object', properties: { greeting: { type: 'string', default: 'hello' } } }
  return {
    id,
    version,
    manifest: { access: 'user', permissions, settings, ...manifest },
    files: { 'backend/migrations/0001.sql': 'CREATE TABLE notes (n INTEGER)' },
    backend: backendOf(
      `if (url.pathname !== '/work') return new Response(${JSON.stringify(version)})
       const { readable, writable } = new TransformStream()
       const writer = writable.getWriter()
       const work = async () => {
         for (let n = 1; ; n++) {
           const steps = [
             () => env.kv.get('n'),
             () => env.db.prepare('SELECT count(*) FROM notes').all(),
             () => env.kv.put('n', String(n)),
             () => env.db.prepare('INSERT INTO notes VALUES (?)').bind(n).run(),
             () => fetch(${JSON.stringify(server.origin)}).then((response) => response.text()),
           ]
           const codes = []
           for (const step of steps) codes.push(await step().then(() => 'done', (error) => error.code ?? error.cause?.code ?? error.message))
           await writer.write(new TextEncoder().encode(codes.join(' ') + '\\n'))
           await new Promise((resolve) => setTimeout(resolve, 3))
         }
       }
       ctx.waitUntil(work())
       return new Response(readable)`,
    ),
  }
}

const DONE = 'done done done done done'

/** The lines of an answer; undefined when it has ended, or was broken off. */
async function startWork(id: string): Promise<() => Promise<string | undefined>> {
  const response = await client.fetch(`/plugins/${id}/api/work`, { headers: ADMIN })
  assert.equal(response.status, 200)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const end = text.indexOf('\n')
      if (end !== -1) {
        const line = text.slice(0, end)
        text = text.slice(end + 1)
        return line
      }
      const chunk = await reader?.read().catch(() => undefined)
      if (chunk === undefined || chunk.done) return undefined
      text += chunk.value
    }
  }
  for (let line = 0; line < 5; line++) assert.equal(await next(), DONE)
  return next
}

/** Passes over lines that were under way. */
async function reach(next: () => Promise<string | undefined>, wanted: string | undefined): Promise<void> {
  let line: string | undefined
  for (let passed = 0; passed < 500; passed++) {
    line = await next()
    if (line === wanted) return
  }
  assert.fail(`The last line is "${line}", not "${wanted}"`)
}

/** What the plugin has changed so far: its rows, and the requests that have reached the server. */
async function effects(id: string) {
  // What was sent to the server before has been read when this has been answered.
  await fetch(server.origin)
  server.hits.pop()
  const rows = (file: string, table: string) => {
    const database = new DatabaseSync(join(runtime.store.paths.pluginData, id, file), {
      readOnly: true,
      timeout: 5000,
    })
    try {
      return database.prepare(`SELECT * FROM ${table}`).all()
    } finally {
      database.close()
    }
  }
  return { kv: rows('kv.db', 'kv'), notes: rows('db.sqlite', 'notes'), hits: server.hits.length }
}

interface Case {
  readonly command: (id: string) => Promise<Response | unknown>
  /** Before the work starts. */
  readonly prepare?: (id: string) => Promise<unknown>
  /** What becomes of each step afterwards; absent where nothing of the plugin runs on. */
  readonly after?: string
  /** What it may change all the same. */
  readonly goesOn?: readonly Effect[]
}

type Effect = keyof Awaited<ReturnType<typeof effects>>

const READS_ONLY = 'done done RELEASE_REPLACED RELEASE_REPLACED RELEASE_REPLACED'
const DENIED = 'PERMISSION_DENIED'
const put = (id: string, what: string, body: unknown) => send(runtime, 'PUT', `/plugins/${id}/${what}`, body)
const grants = () => ({ kv: true, database: true, network: [server.origin] })

const COMMANDS: Readonly<Record<string, Case>> = {
  'every grant is taken back': {
    command: (id) => put(id, 'grants', {}),
    after: `${DENIED} ${DENIED} ${DENIED} ${DENIED} ${DENIED}`,
  },
  'the network is taken back': {
    command: (id) => put(id, 'grants', { kv: true, database: true }),
    after: `done done done done ${DENIED}`,
    goesOn: ['kv', 'notes'],
  },
  'the data is taken back': {
    command: (id) => put(id, 'grants', { network: [server.origin] }),
    after: `${DENIED} ${DENIED} ${DENIED} ${DENIED} done`,
    goesOn: ['hits'],
  },
  'it is upgraded': {
    command: (id) => install(runtime, worker(id, '2.0.0'), { grant: 'all' }),
    after: READS_ONLY,
  },
  'it is rolled back': {
    prepare: (id) => install(runtime, worker(id, '2.0.0'), { grant: 'all' }),
    command: (id) => send(runtime, 'POST', `/plugins/${id}/rollback`),
    after: READS_ONLY,
  },
  'it is rolled back to a release that asks for less': {
    prepare: async (id) => {
      await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
      await install(runtime, worker(id, '0.1.0', { permissions: { kv: true } }))
      await install(runtime, worker(id), { grant: 'all' })
    },
    command: (id) => send(runtime, 'POST', `/plugins/${id}/rollback`),
    after: `done ${DENIED} RELEASE_REPLACED ${DENIED} ${DENIED}`,
  },
  'it is disabled': { command: (id) => send(runtime, 'POST', `/plugins/${id}/disable`) },
  'it is uninstalled': { command: (id) => send(runtime, 'DELETE', `/plugins/${id}`) },
  'it is upgraded, then disabled': {
    command: async (id) => {
      await install(runtime, worker(id, '2.0.0'), { grant: 'all' })
      return await send(runtime, 'POST', `/plugins/${id}/disable`)
    },
  },
  'it is upgraded with "drain": "full", then loses the network': {
    prepare: (id) => install(runtime, worker(id, '1.1.0', { drain: 'full' }), { grant: 'all' }),
    command: async (id) => {
      await install(runtime, worker(id, '2.0.0'), { grant: 'all' })
      return await put(id, 'grants', {})
    },
    after: `${DENIED} ${DENIED} ${DENIED} ${DENIED} ${DENIED}`,
  },
}

for (const [what, { command, prepare, after, goesOn = [] }] of Object.entries(COMMANDS)) {
  test(`when ${what}, nothing that this forbids happens after the answer`, { timeout: 60_000 }, async () => {
    const id = nextId()
    await install(runtime, worker(id))
    await prepare?.(id)
    const next = await startWork(id)

    const answer = await command(id)
    if (answer instanceof Response) assert.ok(answer.ok, await answer.text())
    const atAnswer = await effects(id)
    if (after === undefined) {
      await reach(next, undefined)
      await setTimeout(200)
    } else {
      await reach(next, after)
      for (let line = 0; line < 20; line++) assert.equal(await next(), after)
    }
    const later = await effects(id)
    for (const effect of Object.keys(later) as Effect[])
      if (!goesOn.includes(effect)) assert.deepEqual(later[effect], atAnswer[effect], effect)
    record({ id: 'AUTH', area: 'authority', title: what, culprit: after ?? 'ended' })
    await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
  })
}

interface Finishing extends Pick<Case, 'command'> {
  readonly manifest?: Readonly<Record<string, unknown>>
}

const FINISHES: Readonly<Record<string, Finishing>> = {
  'it is upgraded, and has "drain": "full"': {
    manifest: { drain: 'full' },
    command: (id) => install(runtime, worker(id, '2.0.0'), { grant: 'all' }),
  },
  'its access is tightened': { command: (id) => put(id, 'access', ['a.b']) },
  'it is restarted': { command: (id) => send(runtime, 'POST', `/plugins/${id}/reload`) },
  'a setting is changed': {
    command: (id) => send(runtime, 'PATCH', `/plugins/${id}/settings`, { greeting: 'hi' }),
  },
}

for (const [what, { command, manifest }] of Object.entries(FINISHES)) {
  test(`a release finishes what it has begun when ${what}`, async () => {
    const id = nextId()
    await install(runtime, worker(id, '1.0.0', manifest))
    const next = await startWork(id)
    await command(id)
    const atAnswer = await effects(id)
    await until('it writes on', async () => {
      assert.equal(await next(), DONE)
      const { hits, notes } = await effects(id)
      return hits > atAnswer.hits && notes.length > atAnswer.notes.length
    })
    await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
  })
}

for (const [what, command] of Object.entries<(id: string) => Promise<Response>>({
  'the grant is taken back': (id) => put(id, 'grants', { ...grants(), network: [] }),
  'the plugin is disabled': (id) => send(runtime, 'POST', `/plugins/${id}/disable`),
})) {
  test(`requests to other servers that are open are broken off when ${what}`, async () => {
    const id = nextId()
    const backend = backendOf(
      `const upload = new ReadableStream({ async pull(controller) {
         await new Promise((resolve) => setTimeout(resolve, 3))
         controller.enqueue(new Uint8Array(100))
       } })
       const server = ${JSON.stringify(server.origin)}
       ctx.waitUntil(fetch(server + '/hold/head').catch(() => 0))
       ctx.waitUntil(fetch(server + '/hold/answer').then((response) => response.text()).catch(() => 0))
       ctx.waitUntil(fetch(server + '/hold/upload', { method: 'POST', body: upload, duplex: 'half' }).catch(() => 0))
       return new Response('begun')`,
    )
    await install(runtime, { ...worker(id), backend })
    held.clear()
    assert.equal(await (await client.fetch(`/plugins/${id}/api/`, { headers: ADMIN })).text(), 'begun')
    await until('the requests are there', () => held.size === 3)
    const closed = [...held.values()].map((response) => once(response, 'close'))
    assert.equal((await command(id)).status, 200)
    await Promise.all(closed)
    record({ id: 'AUTH', area: 'authority', title: `open requests when ${what}`, culprit: 'broken off' })
    await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
  })
}

async function tokenWith(permissions: readonly string[]): Promise<Record<string, string>> {
  const response = await send(runtime, 'POST', '/tokens', { name: `reader ${++count}`, permissions })
  const { token } = (await response.json()) as { token: string }
  return { authorization: `Bearer ${token}` }
}

test('when access is tightened, open answers and sockets of those who lose it end; others go on', async (t: TestContext) => {
  const id = nextId()
  const backend = socketBackend(
    `server.accept(); server.send('here')
     server.addEventListener('close', () => clearInterval(timer))
     const timer = setInterval(() => server.send('tick'), 5)`,
    `const { readable, writable } = new TransformStream()
     const writer = writable.getWriter()
     const timer = setInterval(() => writer.write(new TextEncoder().encode('tick')).catch(() => clearInterval(timer)), 5)
     return new Response(readable)`,
  )
  await install(runtime, { id, backend })
  const [any, stock] = [await tokenWith([]), await tokenWith(['stock.view'])]
  const open = async (headers: Record<string, string>) => {
    const response = await client.fetch(`/plugins/${id}/api/`, { headers })
    const socket = await visit(t, `${client.origin}/plugins/${id}/api/`, { headers })
    assert.equal(await socket.next(), 'here')
    return { reader: response.body?.getReader(), socket }
  }
  const [stranger, user, allowed] = [await open({}), await open(any), await open(stock)]
  assert.equal((await put(id, 'access', ['stock.view'])).status, 200)
  for (const { reader, socket } of [stranger, user]) {
    assert.equal((await socket.closed)[0], 1008)
    await assert.rejects(async () => {
      for (;;) if ((await reader?.read())?.done !== false) throw new Error('it ended')
    })
  }
  assert.equal((await allowed.socket.closed)[0], 1012, 'it may connect again')
  for (let chunk = 0; chunk < 20; chunk++) assert.equal((await allowed.reader?.read())?.done, false)
  await allowed.reader?.cancel()
  await send(runtime, 'DELETE', `/plugins/${id}`)
})
