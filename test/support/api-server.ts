// The admin API over a real store, in process and on a real socket, with tokens of several widths.

import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { serve } from '@hono/node-server'
import AdmZip from 'adm-zip'
import { Hono } from 'hono'
import { openStore } from '../../plugin-store/open-store.ts'
import type { Store } from '../../plugin-store/store.ts'
import { DEFAULT_CONFIG } from '../../runtime/config/config.ts'
import type { UsbDeviceInfo } from '../../runtime/devices/usb/usb-devices.ts'
import { createApi } from '../../runtime/http/api/create-api.ts'
import type { StreamLimits } from '../../runtime/http/api/event-stream.ts'
import { type Authenticate, createAuthenticator } from '../../runtime/http/identity/authenticate.ts'
import { createFailedAttempts } from '../../runtime/http/identity/failed-attempts.ts'
import { createSignInCodes, type SignInCodes } from '../../runtime/http/identity/sign-in-codes.ts'
import { createLog, type Log } from '../../runtime/log.ts'
import { createMemoryPlugins, type MemoryPlugins } from './memory-plugins.ts'

export interface ApiServerOptions {
  readonly publicUrl?: string
  readonly trustProxy?: boolean
  readonly maxArchiveBytes?: number
  readonly streams?: Partial<StreamLimits>
  /** Ends event streams. */
  readonly ending?: AbortSignal
  readonly application?: Authenticate
  readonly log?: Log
  readonly plugins?: Partial<MemoryPlugins>
  /** What is plugged in: hardware is the one thing that these tests do not have. */
  readonly devices?: readonly UsbDeviceInfo[]
}

export interface ApiServer {
  /** With the API at /api/v1. */
  readonly app: Hono
  readonly store: Store
  readonly plugins: MemoryPlugins
  readonly signInCodes: SignInCodes
  /** Secret of a token that may do everything. */
  readonly admin: string
  readonly adminId: string
  /** The clock of the limit of failed attempts and of sign-in codes, in milliseconds. */
  readonly clock: { now: number }
  /** A request in process; `token` goes into Authorization. */
  request(path: string, init?: RequestInit & { readonly token?: string }): Promise<Response>
  /** Secret of a new token with these permissions. */
  token(...permissions: string[]): Promise<string>
  /** Cookie header of a new session of the admin token. */
  session(): Promise<string>
  /** Starts listening; `http://127.0.0.1:<port>`. */
  listen(): Promise<string>
  /** Names of the files in the staging folder. */
  staged(): Promise<readonly string[]>
}

/** Ends by itself when the test ends. */
export async function startApi(t: TestContext, options: ApiServerOptions = {}): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-api-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const store = await openStore(folder)
  t.after(() => store.close())
  const plugins = Object.assign(createMemoryPlugins(), options.plugins)
  const clock = { now: 1_000_000 }
  const now = () => clock.now
  const config = {
    publicUrl: options.publicUrl ?? null,
    trustProxy: options.trustProxy ?? false,
    packages: { ...DEFAULT_CONFIG.packages, maxArchiveBytes: options.maxArchiveBytes ?? 100_000 },
  }
  const signInCodes = createSignInCodes(now)
  const authenticator = createAuthenticator({
    principals: store.principals,
    config,
    attempts: createFailedAttempts({ now }),
    ...(options.application === undefined ? {} : { application: options.application }),
  })
  const api = createApi({
    config,
    plugins,
    store,
    devices: { list: async () => options.devices ?? [] },
    authenticator,
    signInCodes,
    log: options.log ?? createLog('silent'),
    version: '0.0.0-test',
    ending: options.ending ?? new AbortController().signal,
    ...(options.streams === undefined ? {} : { streams: options.streams }),
  })
  const app = new Hono()
  app.route('/api/v1', api)
  const system = { actor: 'system', action: 'token.create' }
  const admin = await store.principals.addToken({ name: 'admin', permissions: ['*'] }, system)

  return {
    app,
    store,
    plugins,
    signInCodes,
    admin: admin.token,
    adminId: admin.record.id,
    clock,
    request: async (path, { token, ...init } = {}) => {
      const headers = new Headers(init.headers)
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
      return app.request(`http://localhost${path}`, { ...init, headers })
    },
    token: async (...permissions) => {
      return (
        await store.principals.addToken({ name: permissions.join(' ') || 'nothing', permissions }, system)
      ).token
    },
    session: async () => `plugbay-session=${await store.principals.addSession(admin.record.id, 60_000)}`,
    listen: () => listen(t, app),
    staged: () => readdir(store.paths.staging),
  }
}

function listen(t: TestContext, app: Hono): Promise<string> {
  return new Promise((resolve) => {
    const server = serve(
      { fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
      ({ port }) => {
        resolve(`http://127.0.0.1:${port}`)
      },
    ) as Server
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
  })
}

/** A zip of a small plugin. */
export function zipOf(
  manifest: { readonly id: string; readonly version?: string; readonly permissions?: object },
  filler = 0,
): Uint8Array<ArrayBuffer> {
  const zip = new AdmZip()
  zip.addFile('manifest.json', Buffer.from(JSON.stringify({ version: '1.0.0', ...manifest })))
  // Bytes that do not shrink, so that the size of the zip can be chosen.
  if (filler > 0) zip.addFile('filler.bin', randomBytes(filler))
  return new Uint8Array(zip.toBuffer())
}

export async function problemOf(response: Response) {
  const body = await response.json()
  if (!String(response.headers.get('content-type')).startsWith('application/problem+json')) {
    throw new Error(`Not a problem: ${response.status} ${JSON.stringify(body)}`)
  }
  return body
}
