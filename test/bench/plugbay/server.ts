// `plugbay serve` of a checkout with plugins installed, and the few things that the benchmark asks of its admin API.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipOf } from '../../support/zip.ts'
import type { Files } from '../plugins.ts'
import { firstMatch, type MeasuredServer, stop } from '../processes/server-process.ts'
import { ADMIN_TOKEN, type Checkout, runProgram } from './checkout.ts'

export interface PlugbayServer extends MeasuredServer {
  /** Takes a package; rejects when it is refused. */
  upload(zip: Uint8Array, query?: string): Promise<void>
  /** Live state of a plugin. */
  stateOf(id: string): Promise<string>
}

export interface ServerOptions {
  readonly plugins?: readonly Files[]
  /** Keys of the configuration, for example `{ 'limits.cpuPercent': 100 }`. */
  readonly config?: Readonly<Record<string, string | number>>
  /** Kept when the server stops; a new one by default, which is removed. */
  readonly data?: string
}

export async function startPlugbay(checkout: Checkout, options: ServerOptions = {}): Promise<PlugbayServer> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'plugbay-bench-')))
  const child = runProgram(checkout, ['serve', ...serveArguments({ data, port: 0, config: options.config })])
  const url = await firstMatch(child, /"url": "(http:[^"]+)"/)
  const server: PlugbayServer = {
    url,
    pid: child.pid ?? 0,
    async upload(zip, query = '') {
      await ask(`${url}/api/v1/plugins${query}`, {
        method: 'POST',
        headers: { ...AUTHORIZED, 'content-type': 'application/zip' },
        body: zip as Uint8Array<ArrayBuffer>,
      })
    },
    async stateOf(id) {
      const answer = await ask(`${url}/api/v1/plugins/${id}`, { headers: AUTHORIZED })
      return ((await answer.json()) as { state: string }).state
    },
    async stop() {
      await stop(child, 'SIGTERM')
      if (options.data === undefined) await rm(data, { recursive: true, force: true })
    },
  }
  try {
    for (const files of options.plugins ?? []) await server.upload(zipOf(files))
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

export interface ServePlace {
  readonly data: string
  readonly port: number
  readonly config?: ServerOptions['config']
}

export function serveArguments({ data, port, config = {} }: ServePlace): readonly string[] {
  const settings = Object.entries(config).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  return [
    '--data',
    data,
    '--port',
    String(port),
    '--json',
    '--no-samples',
    '--log-level',
    'error',
    ...settings,
  ]
}

const AUTHORIZED = { authorization: `Bearer ${ADMIN_TOKEN}` }

async function ask(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response
}
