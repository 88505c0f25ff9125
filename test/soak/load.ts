// Everything that happens to a server, all at once and without end: visits, uploads, reloads, settings, attacks, rude clients.
// Invariant: what fails is counted; what passing plugins and rude clients are answered is not judged.

import { connect } from 'node:net'
import { ADMIN_TOKEN } from '../support/runtime.ts'
import { attacks } from './attacks.ts'
import { passing, WORKER } from './plugins.ts'

export interface Counts {
  visits: number
  /** What the plugin that works should not have answered, and what attacks should not have. */
  readonly failures: string[]
  uploads: number
  reloads: number
  attacks: number
  /** Milliseconds of the visits since the last sample. */
  times: number[]
}

const AUTHORITY = { authorization: `Bearer ${ADMIN_TOKEN}` }
/** While a release is swapped in or a neighbour ends, a visitor may be asked to come again. */
const COME_AGAIN = new Set([429, 503])
const MOST_FAILURES = 20

export interface Load {
  readonly counts: Counts
  stop(): Promise<void>
}

export async function startLoad(origin: string, seed: number): Promise<Load> {
  const counts: Counts = { visits: 0, failures: [], uploads: 0, reloads: 0, attacks: 0, times: [] }
  const blame = (what: string) => {
    if (counts.failures.length < MOST_FAILURES) counts.failures.push(what)
  }
  const admin = (method: string, path: string, body?: Uint8Array<ArrayBuffer> | string) =>
    fetch(`${origin}/api/v1${path}`, {
      method,
      headers: {
        ...AUTHORITY,
        ...(body !== undefined && {
          'content-type': typeof body === 'string' ? 'application/json' : 'application/zip',
        }),
      },
      ...(body !== undefined && { body }),
    }).then(async (response) => {
      await response.arrayBuffer()
      return response.status
    })
  const status = await admin('POST', '/plugins', WORKER)
  if (status >= 300) throw new Error(`The plugin that works was refused with ${status}`)

  const visit = async (path: string, init?: RequestInit): Promise<void> => {
    counts.visits++
    const started = performance.now()
    const response = await fetch(`${origin}/plugins/worker${path}`, init)
    await response.arrayBuffer()
    counts.times.push(performance.now() - started)
    if (!response.ok && !COME_AGAIN.has(response.status)) blame(`visit of ${path}: ${response.status}`)
  }
  const next = attacks(seed)
  let n = 0
  const loops: readonly { readonly every: number; readonly deed: () => Promise<unknown> }[] = [
    ...['/api/', '/api/kv', '/api/sql', '/api/stream', '/api/log', '/', '/app.js'].map((path) => ({
      every: 20,
      deed: () => visit(path.startsWith('/api') ? `${path}?n=${n++}` : path),
    })),
    { every: 50, deed: () => visit('/api/echo', { method: 'POST', body: 'x'.repeat(300_000) }) },
    {
      every: 1500,
      async deed() {
        const status = await admin('POST', '/plugins', passing(counts.uploads++))
        if (status >= 500) blame(`upload: ${status}`)
        await fetch(`${origin}/plugins/passing-${counts.uploads % 5}/api/`).then((response) =>
          response.arrayBuffer(),
        )
        if (counts.uploads % 3 === 0)
          await admin('DELETE', `/plugins/passing-${counts.uploads % 5}?data=delete`)
      },
    },
    {
      every: 4000,
      async deed() {
        counts.reloads++
        await admin('POST', '/plugins/worker/reload')
        await admin('PATCH', '/plugins/worker/settings', JSON.stringify({ number: counts.reloads }))
      },
    },
    {
      every: 1000,
      async deed() {
        const attack = next.next().value
        counts.attacks++
        const taken = await admin('POST', '/plugins', attack.zip)
        if (taken >= 300) return blame(`attack ${attack.id} was not taken: ${taken}`)
        const response = await fetch(origin + attack.path)
        // An answer that is cut is one that was too long.
        const text = await response.text().catch(() => '')
        const wrong = attack.judge(response.status, text)
        if (wrong !== undefined) blame(`attack ${attack.id} ${wrong}`)
        await admin('DELETE', `/plugins/${attack.id}?data=delete`)
      },
    },
    { every: 500, deed: () => rudeClient(origin) },
    { every: 1000, deed: () => admin('GET', '/plugins') },
    { every: 1000, deed: () => admin('GET', '/plugins/worker/logs?limit=100') },
  ]
  let isOver = false
  const running = loops.map(async ({ every, deed }) => {
    while (!isOver) {
      try {
        await deed()
      } catch (error) {
        if (!isOver) blame(String(error))
      }
      await new Promise((resolve) => setTimeout(resolve, every))
    }
  })
  return {
    counts,
    async stop() {
      isOver = true
      await Promise.all(running)
    },
  }
}

/** Begins a request, or a body, and goes away in the middle. */
async function rudeClient(origin: string): Promise<void> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  const part =
    Math.random() < 0.5 ? 'GET /plugins/worker/api/stream HTTP/1.1\r\nHost: ' : rudeUpload(hostname, port)
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
    socket.write(part)
    setTimeout(() => socket.destroy(), 200 * Math.random())
  })
}

function rudeUpload(hostname: string, port: string): string {
  return `POST /plugins/worker/api/echo HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: 500000\r\n\r\n${'x'.repeat(100_000)}`
}
