// Nothing of a plugin's size in the runtime: for each kind of file at its cap, clients that do not read, requests that fail and
// administrators who look cost the runtime a bounded amount of memory and no pause.
//
// Memory is the resident memory of the runtime's own process, as the system tells it from outside. A pause is the CPU time that
// its main thread spends between two turns of the event loop: unlike the delay of a timer, that does not grow with what else the
// machine does.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Killable, startKillable } from '../support/killable.ts'
import { ADMIN_TOKEN, backendOf, type PluginSource, pluginZip, temporaryFolder } from '../support/runtime.ts'
import { record } from './helpers/record.ts'

const READERS = 20
const MAX_GROWTH_MB = 30
const MAX_PAUSE_MS = 50

interface Kind {
  readonly id: string
  readonly title: string
  readonly source: () => Omit<PluginSource, 'id'>
  /** Asked for by clients that do not read. */
  readonly unread?: readonly string[]
  /** Asked for at once by clients that do. */
  readonly read: readonly string[]
  readonly status: number
}

const FAILS = backendOf(`throw new Error('as asked ' + url.search)`)
/** Text that deflates to about a tenth, at a speed that a test can wait for. */
const filling = (megabytes: number): Buffer => {
  const line = Array.from({ length: 4000 }, (_, n) => `<p>${(n * 7919) % 9973} words of ${n}</p>\n`).join('')
  return Buffer.alloc(megabytes * 1_000_000, line)
}

const KINDS: readonly Kind[] = [
  {
    id: 'page',
    title: 'a page of 40 MB with restricted access',
    source: () => ({
      manifest: { access: 'user' },
      files: {
        'frontend/index.html': Buffer.concat([Buffer.from('<!doctype html><head>'), filling(40)]),
      },
    }),
    unread: ['/'],
    read: ['/none', '/none.js'],
    status: 404,
  },
  {
    id: 'asset',
    title: 'a script of 15 MB, and an icon to match',
    source: () => ({
      manifest: { icon: 'frontend/icon.svg' },
      files: {
        'frontend/index.html': '<p>',
        'frontend/app.js': filling(15),
        'frontend/icon.svg': filling(15),
      },
    }),
    unread: ['/app.js'],
    read: ['/none'],
    status: 404,
  },
  {
    id: 'map',
    title: 'a source map at its cap, and one of three million sources',
    source: () => ({
      backend: `${FAILS}\n//# sourceMappingURL=index.js.map\n`,
      files: {
        'backend/index.js.map': mapWith(20_000, 1_900_000),
        'backend/other.js.map': mapWith(3_000_000, 1),
      },
    }),
    read: ['/api/fails?1', '/api/fails?2'],
    status: 500,
  },
  {
    id: 'code',
    title: 'code at its cap',
    source: () => ({ backend: `${FAILS}\nexport const text = ${JSON.stringify(filling(9).toString())}` }),
    read: ['/api/fails?1', '/api/fails?2'],
    status: 500,
  },
  {
    id: 'manifest',
    title: 'a manifest of 400 kB: as many settings as there may be, with the longest words',
    source: () => ({
      backend: FAILS,
      manifest: {
        settings: {
          type: 'object',
          properties: Object.fromEntries(
            Array.from({ length: 200 }, (_, n) => [
              `setting${n}`,
              { type: 'string', title: `Setting ${n}`, description: 'd'.repeat(1900), default: '' },
            ]),
          ),
        },
      },
    }),
    read: ['/api/fails?1'],
    status: 500,
  },
  {
    id: 'migrations',
    title: 'migrations at their caps',
    source: () => ({
      backend: FAILS,
      manifest: { permissions: { database: true } },
      files: Object.fromEntries(
        Array.from({ length: 4 }, (_, n) => [
          `backend/migrations/${n}.sql`,
          `CREATE TABLE t${n} (a TEXT);\n${commentsOf(950_000)}`,
        ]),
      ),
    }),
    read: ['/api/fails?1'],
    status: 500,
  },
]

function mapWith(sources: number, segments: number): string {
  const names = Array.from({ length: sources }, (_, n) => `"s${n}.ts"`).join()
  return `{"version":3,"sources":[${names}],"names":[],"mappings":"${Array(segments).fill('AAAA').join()}"}`
}

function commentsOf(bytes: number): string {
  return filling(1).subarray(0, bytes).toString().replaceAll('<p>', '-- ').replaceAll('</p>', '')
}

/** What an administrator's pages and programs ask of a plugin. */
const LOOKS = ['', '/settings', '/logs?limit=200', '/evidence', '/usage']

for (const kind of KINDS)
  test(`N-${kind.id}: ${kind.title}`, async (t) => {
    const server = await startKillable(t, await temporaryFolder(t))
    await install(server, 'small', { backend: FAILS, files: { 'frontend/index.html': '<p>' } })
    // The code that a first request of each kind loads does not count.
    for (const path of ['/', '/api/fails', '/none']) await ask(server, `/plugins/small${path}`)
    await look(server, 'small')
    await install(server, 'large', kind.source())
    const before = await settledMb(server)
    const peak = watchPeak(server)
    const sockets: Socket[] = []
    let longestMs = Number.POSITIVE_INFINITY
    // What a file costs is paid in every round; a machine that takes its time does not do so three times.
    for (let round = 0; round < 3 && longestMs > MAX_PAUSE_MS; round++) {
      for (const socket of sockets.splice(0)) socket.destroy()
      await longestPauseMs(server)
      sockets.push(...(kind.unread ?? []).flatMap((path) => unread(server, `/plugins/large${path}`)))
      const answers = await Promise.all(
        Array.from({ length: READERS }, (_, n) =>
          ask(server, `/plugins/large${kind.read[n % kind.read.length] ?? '/'}`),
        ),
      )
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([kind.status]))
      for (let times = 0; times < 3; times++) await look(server, 'large')
      await wait(2000)
      assert.equal((await ask(server, '/plugins/small/')).status, 200, 'a neighbour serves meanwhile')
      longestMs = await longestPauseMs(server)
    }
    const grewMb = peak() - before
    for (const socket of sockets) socket.destroy()

    t.diagnostic(`${kind.id}: grew by ${grewMb.toFixed(1)} MB, longest pause ${longestMs.toFixed(1)} ms`)
    assert.ok(grewMb <= MAX_GROWTH_MB, `resident memory grew by ${grewMb} MB`)
    assert.ok(longestMs <= MAX_PAUSE_MS, `the longest pause took ${longestMs} ms in each of three rounds`)
    record({
      id: `N-${kind.id}`,
      area: 'sizes',
      title: kind.title,
      culprit: `${kind.status}, ${longestMs.toFixed(0)} ms at most`,
      runtime: { pidUnchanged: true, grewMb },
    })
  })

/** The longest pause since the last call, in milliseconds of the main thread's CPU. */
async function longestPauseMs(server: Killable): Promise<number> {
  server.say('pause')
  const { longestMs } = (await server.next('longestMs')) as { readonly longestMs: number }
  return longestMs
}

async function settledMb(server: Killable): Promise<number> {
  await wait(1000)
  return residentMb(server)
}

async function install(server: Killable, id: string, source: Omit<PluginSource, 'id'>): Promise<void> {
  const response = await ask(server, '/api/v1/plugins', {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: pluginZip({ id, ...source }),
  })
  assert.equal(response.status, 201, await response.text())
}

async function ask(server: Killable, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(server.origin + path, {
    ...init,
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      connection: 'close',
      ...(init.headers as Record<string, string>),
    },
  })
  // A body that is not read would hold its connection.
  const body = await response.arrayBuffer()
  return new Response(body, response)
}

async function look(server: Killable, id: string): Promise<void> {
  await ask(server, '/api/v1/plugins')
  for (const path of LOOKS) await ask(server, `/api/v1/plugins/${id}${path}`)
  await ask(server, '/metrics')
}

function unread(server: Killable, path: string) {
  const { hostname, port, host } = new URL(server.origin)
  return Array.from({ length: READERS }, () => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.pause()
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`)
    return socket
  })
}

function residentMb({ pid }: Killable): number {
  const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

/** Gives the highest resident memory since now, and stops. */
function watchPeak(server: Killable): () => number {
  let peak = residentMb(server)
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMb(server))
  }, 20)
  return () => {
    clearInterval(timer)
    return Math.max(peak, residentMb(server))
  }
}
