// The arena of the attacks: a host in a process of its own, two neighbours under load, and canaries that must not be found.
// Invariant: everything here is seen from outside: answers, /proc, the log of the host.

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { GuestLimits } from '../../../runtime/config/config.ts'
import { ADMIN_TOKEN, type PluginSource, pluginZip, temporaryFolder, until } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { cpuMs, type HostProcess, runnableThreads, startHost } from './host-process.ts'
import { NEIGHBOURS, type Neighbours, startNeighbours } from './neighbours.ts'

/** What the attacker's caller saw. Status 0: the connection broke. */
export interface GuiltyAnswer {
  readonly status: number
  readonly contentType: string
  readonly text: string
  readonly ms: number
}

export interface Arena {
  readonly host: HostProcess
  readonly neighbours: Neighbours
  readonly startedAt: number
  /** Secrets of the host: texts that must never be seen in an answer or a log. */
  readonly secrets: readonly string[]
  /** Canaries that were touched. */
  readonly touched: () => readonly string[]
  /** A port of 127.0.0.1 that counts connections. */
  readonly canaryPort: number
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
  /** As the administrator. */
  readonly api: (path: string, init?: RequestInit) => Promise<Response>
  readonly upload: (source: PluginSource) => Promise<Response>
  /** Uploads; rejects when the plugin is not taken. */
  readonly install: (source: PluginSource) => Promise<void>
  readonly uninstall: (id: string) => Promise<void>
  /** One request whose answer is read to its end. */
  readonly ask: (path: string, init?: RequestInit) => Promise<GuiltyAnswer>
  /** How long what should come is waited for. */
  readonly patienceMs: number
  /** Resolves when neither the host nor a child of it is busy any more; false when one stays so. */
  readonly isIdle: () => Promise<boolean>
}

export interface ArenaOptions {
  /** The module of the host; the real one by default. */
  readonly entry?: URL
  /** More of the configuration of the runtime. */
  /** All plugins live in one process, as beyond `sandbox.maxProcesses`. */
  readonly isShared?: boolean
  readonly limits?: Partial<GuestLimits>
  /** 30 s by default; less where the host is known to break. */
  readonly patienceMs?: number
}

/** Of the runtime, and so of the neighbours: a busy machine must not make them late. */
const LIMITS = {
  deadlineMs: 60_000,
  cpuMs: 5000,
  memoryMb: 64,
  maxRequestsInFlight: 20,
  maxHostCalls: 200,
  maxTimers: 1000,
  kvBytes: 2_000_000,
  databaseBytes: 4_000_000,
  maxRequestBytes: 4_000_000,
  maxResponseBytes: 8_000_000,
} as const

/** Of a plugin that attacks. Small, so that it is over soon; no case depends on their size. */
export const ATTACK_LIMITS = { deadlineMs: 1500, cpuMs: 500, memoryMb: 64 } as const

const PATIENCE_MS = 30_000
/** An answer is kept up to this length. */
const MAX_TEXT = 1_000_000
/** Of one core, over a sample: a loop takes more on a busy machine too, a neighbour less. */
const BUSY = 0.06
/** The host itself serves the neighbours and watches everyone. */
const HOST_BUSY = 0.3
const SAMPLE_MS = 500
const LOOKS = 12

export async function startArena(scope: Scope, options: ArenaOptions = {}): Promise<Arena> {
  const data = await temporaryFolder(scope)
  const secret = `canary-${randomBytes(8).toString('hex')}`
  const marker = join(data, '..', `${secret}.marker`)
  await writeFile(join(data, 'canary.txt'), secret)
  let visits = 0
  const listener = createServer((_request, response) => {
    visits++
    response.end(secret)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  scope.after(async () => void listener.close())
  const config = {
    data,
    port: 0,
    logLevel: 'info',
    adminToken: ADMIN_TOKEN,
    limits: { ...LIMITS, ...options.limits },
    ...(options.isShared === true && { sandbox: { maxProcesses: 0 } }),
  }
  const host = await startHost(scope, options.entry ?? new URL('./real-host.ts', import.meta.url), {
    args: [JSON.stringify(config)],
    env: { PLUGBAY_CANARY: secret, PLUGBAY_MARKER: marker },
  })
  const { patienceMs = PATIENCE_MS } = options
  const send = (path: string, init: RequestInit = {}) =>
    fetch(host.origin + path, { redirect: 'manual', ...init })
  const asAdmin = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${ADMIN_TOKEN}`)
    return send(path, { ...init, headers })
  }
  const api: Arena['api'] = (path, init) => asAdmin(`/api/v1${path}`, init)
  const upload: Arena['upload'] = (source) =>
    api('/plugins', {
      method: 'POST',
      headers: { 'content-type': 'application/zip' },
      body: pluginZip(source),
    })
  const install: Arena['install'] = async (source) => {
    const response = await upload(source)
    const text = await response.text()
    if (!response.ok) throw new Error(`${source.id} was not installed: ${response.status} ${text}`)
  }
  for (const source of NEIGHBOURS) await install(source)
  const neighbours = await startNeighbours((path, init) =>
    path.startsWith('/api/') ? asAdmin(path, init) : send(path, init),
  )
  scope.after(() => host.end())
  scope.after(() => neighbours.stop())
  const startedAt = performance.now()
  // The base that later figures are compared with.
  await neighbours.settled(60)
  return {
    host,
    neighbours,
    startedAt,
    secrets: [secret, data, ADMIN_TOKEN, process.cwd()],
    touched: () => [
      ...(visits > 0 ? ['the listener on 127.0.0.1'] : []),
      ...(existsSync(marker) ? ['the marker file'] : []),
    ],
    canaryPort: (listener.address() as AddressInfo).port,
    fetch: send,
    api,
    upload,
    install,
    async uninstall(id) {
      const response = await api(`/plugins/${id}?data=delete`, { method: 'DELETE' })
      await response.arrayBuffer()
    },
    ask: (path, init) => answerOf(send(path, { signal: AbortSignal.timeout(2 * patienceMs), ...init })),
    patienceMs,
    isIdle: () => isIdle(host, patienceMs),
  }
}

/** Reads an answer to its end; a broken connection is status 0. */
export async function answerOf(asked: Promise<Response>): Promise<GuiltyAnswer> {
  const started = performance.now()
  try {
    const response = await asked
    const text = await response.text()
    return {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      text: text.slice(0, MAX_TEXT),
      ms: performance.now() - started,
    }
  } catch (error) {
    return { status: 0, contentType: '', text: String(error), ms: performance.now() - started }
  }
}

async function isIdle(host: HostProcess, patienceMs: number): Promise<boolean> {
  try {
    await until('everyone is idle', () => isIdleNow(host), patienceMs)
    return true
  } catch {
    return false // What the caller asked
  }
}

/**
 * Looks for a while. Work in small steps shows in CPU time; a loop that starves on a busy machine does not, but it
 * is never seen without a wish to run.
 */
async function isIdleNow(host: HostProcess): Promise<boolean> {
  const pids = [host.pid, ...host.children()]
  const before = new Map(pids.map((pid) => [pid, cpuMs(pid)]))
  let wishing = pids.flatMap((pid) => runnableThreads(pid))
  const started = performance.now()
  for (let look = 0; look < LOOKS; look++) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS / LOOKS))
    const now = new Set(pids.flatMap((pid) => runnableThreads(pid)))
    wishing = wishing.filter((thread) => now.has(thread))
  }
  const elapsed = performance.now() - started
  const isBusy = pids.some((pid) => {
    const [then, now] = [before.get(pid), cpuMs(pid)]
    return (
      then !== undefined &&
      now !== undefined &&
      (now - then) / elapsed > (pid === host.pid ? HOST_BUSY : BUSY)
    )
  })
  return !isBusy && wishing.length === 0
}
