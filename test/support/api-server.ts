// The admin API over the real runtime of a test file, with tokens of several widths; what a test may vary is passed in.
// Invariant: every answer that goes through `request()` is held against the document.

import { readdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createApp } from '../../runtime/app.ts'
import type { HttpConfig } from '../../runtime/config/config.ts'
import { PluginDevices } from '../../runtime/devices/usb/plugin-devices.ts'
import type { UsbDeviceInfo } from '../../runtime/devices/usb/usb-devices.ts'
import { DriveCommands } from '../../runtime/devices/volumes/drive-commands.ts'
import { createUdisks } from '../../runtime/devices/volumes/udisks.ts'
import { createApi } from '../../runtime/http/api/create-api.ts'
import type { StreamLimits } from '../../runtime/http/api/event-stream.ts'
import type { ApiServices } from '../../runtime/http/api/services.ts'
import { type Authenticate, createAuthenticator } from '../../runtime/http/identity/authenticate.ts'
import { createFailedAttempts } from '../../runtime/http/identity/failed-attempts.ts'
import { createSignInCodes, type SignInCodes } from '../../runtime/http/identity/sign-in-codes.ts'
import { createPageTokens } from '../../runtime/http/pages/page-token.ts'
import { createPluginPages } from '../../runtime/http/pages/plugin-pages.ts'
import type { Plugins } from '../../runtime/lifecycle/plugins.ts'
import type { Log } from '../../runtime/log.ts'
import { Revocations } from '../../runtime/permissions/revocations.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Slots } from '../../runtime/slots/slots.ts'
import { createTaskAdmin } from '../../runtime/tasks/task-admin.ts'
import { contract } from './api-contract.ts'
import { type EventReader, readEvents } from './event-reader.ts'
import type { Scope } from './scope.ts'

export interface ApiOptions {
  readonly publicUrl?: string
  readonly trustProxy?: boolean
  readonly maxArchiveBytes?: number
  readonly http?: Partial<HttpConfig>
  readonly streams?: Partial<StreamLimits>
  /** Ends event streams. */
  readonly ending?: AbortSignal
  readonly application?: Authenticate
  readonly log?: Log
  readonly store?: Partial<ApiServices['store']>
  /** Steps in before a method of the real plugins. */
  readonly before?: Partial<Plugins>
  /** What is plugged in: hardware is the one thing that these tests do not have. */
  readonly devices?: readonly UsbDeviceInfo[]
}

export type RequestOptions = RequestInit & { readonly token?: string; readonly duplex?: 'half' }

export interface ApiServer {
  /** With the API at /api/v1. */
  readonly app: Hono
  readonly runtime: Runtime
  readonly signInCodes: SignInCodes
  /** Secret of a token that may do everything, of this test alone. */
  readonly admin: string
  readonly adminId: string
  /** The clock of the limit of failed attempts and of sign-in codes, in milliseconds. */
  readonly clock: { now: number }
  /** A request in process to a path below the API; `token` goes into Authorization. */
  request(path: string, options?: RequestOptions): Promise<Response>
  /** As the administrator, with a JSON body. */
  send(method: string, path: string, body?: unknown): Promise<Response>
  /** As the administrator. */
  upload(zip: Uint8Array<ArrayBuffer>, query?: string): Promise<Response>
  /** Opens a stream of events, as the administrator unless `token` says otherwise. */
  follow(path: string, options?: RequestOptions): Promise<EventReader>
  /** Reads the stream of an answer to a request that was made otherwise. */
  read(path: string, response: Response): EventReader
  /** A request of a visitor, in process: "/plugins/hello/api/". */
  visit(path: string, init?: RequestInit): Promise<Response>
  /** Secret of a new token with these permissions. */
  token(...permissions: string[]): Promise<string>
  /** Cookie header of a new session of the admin token. */
  session(): Promise<string>
  /** Starts listening; `http://127.0.0.1:<port>`. */
  listen(): Promise<string>
  /** Names of the files in the staging folder. */
  staged(): Promise<readonly string[]>
  /** What was done to a plugin, user or token, oldest first: "plugin.enable by admin". */
  changes(subject: string): Promise<readonly string[]>
  /** How many listen to logs and events through this API now. */
  listeners(): number
}

export async function openApi(t: Scope, runtime: Runtime, options: ApiOptions = {}): Promise<ApiServer> {
  const store = { ...runtime.store, ...options.store }
  const { plugins, listeners } = observed(runtime.plugins, options.before)
  const clock = { now: 1_000_000 }
  const now = () => clock.now
  const config = {
    publicUrl: options.publicUrl ?? null,
    publicUrls: [],
    basePath: '',
    trustProxy: options.trustProxy ?? false,
    packages: { ...runtime.config.packages, maxArchiveBytes: options.maxArchiveBytes ?? 100_000 },
    http: { ...runtime.config.http, ...options.http },
  }
  const signInCodes = createSignInCodes(now)
  const revocations = new Revocations(now)
  store.principals.onEnded(({ kind, id }) => revocations.end(`${kind}:${id}`))
  const { application, streams, devices = [] } = options
  const authenticator = createAuthenticator({
    principals: store.principals,
    config,
    attempts: createFailedAttempts({ now }),
    revocations,
    ...(application !== undefined && { application }),
  })
  const app = new Hono().route(
    '/api/v1',
    createApi({
      config,
      plugins,
      store,
      contributors: runtime.contributors,
      orders: runtime.orders,
      menus: runtime.menus,
      menuTitles: runtime.menuTitles,
      ownOrigins: () => null,
      shell: '',
      pages: createPluginPages({
        live: runtime.live,
        languages: runtime.languages,
        tokens: createPageTokens({ secret: 'of the test', revocations, now }),
      }),
      values: runtime.values,
      templates: runtime.templates,
      init: runtime.init,
      actions: runtime.actions,
      images: runtime.images,
      tasks: createTaskAdmin({ tasks: runtime.tasks, store: runtime.store.tasks, audit: store.audit }),
      durable: runtime.durable,
      points: runtime.points,
      languages: runtime.languages,
      // The whole of it: embedders see a part.
      slots: runtime.slots as Slots,
      hostSettings: runtime.settings,
      hostData: runtime.hostData,
      server: async () => {
        throw new Error('The report of a server is asked of a whole one')
      },
      devices: { list: async () => devices },
      pluginDevices: new PluginDevices({
        devices: { list: async () => devices },
        sessions: { holderOf: () => undefined },
        store: runtime.store.deviceChoices,
      }),
      volumes: { list: async () => [] },
      drives: new DriveCommands({
        isAllowed: false,
        volumes: { drive: () => undefined, drivesOfDisk: () => [], hold: () => () => undefined },
        udisks: createUdisks(),
        files: { isHeld: () => false, letGo: async () => true },
        audit: store.audit,
      }),
      authenticator,
      signInCodes,
      revocations,
      log: options.log ?? runtime.log,
      version: '0.0.0-test',
      ending: options.ending ?? new AbortController().signal,
      ...(streams !== undefined && { streams }),
    }),
  )
  const system = { actor: 'system', action: 'token.create' }
  const admin = await store.principals.addToken({ name: 'admin', permissions: ['*'] }, system)

  const ask = async (path: string, { token, ...init }: RequestOptions): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    return await app.request(`http://localhost/api/v1${path}`, { ...init, headers })
  }
  const request = async (path: string, init: RequestOptions = {}): Promise<Response> =>
    await contract.answer({ method: init.method ?? 'GET', path }, await ask(path, init))

  const read = (path: string, response: Response): EventReader =>
    readEvents(response, (event) => contract.event({ method: 'GET', path }, event))

  return {
    app,
    runtime,
    signInCodes,
    admin: admin.token,
    adminId: admin.record.id,
    clock,
    request,
    send: (method, path, body) => {
      const init = { method, token: admin.token }
      if (body === undefined) return request(path, init)
      const headers = { 'content-type': 'application/json' }
      return request(path, { ...init, headers, body: JSON.stringify(body) })
    },
    upload: (body, query = '') => {
      const headers = { 'content-type': 'application/zip' }
      return request(`/plugins${query}`, { method: 'POST', token: admin.token, headers, body })
    },
    follow: async (path, { headers, ...init } = {}) => {
      const accept = new Headers(headers)
      accept.set('accept', 'text/event-stream')
      return read(path, await request(path, { token: admin.token, ...init, headers: accept }))
    },
    read,
    visit: async (path, init) => await createApp(runtime).request(`http://127.0.0.1${path}`, init),
    token: async (...permissions) => {
      const name = permissions.join(' ') || 'nothing'
      return (await store.principals.addToken({ name, permissions }, system)).token
    },
    session: async () => `plugbay-session=${await store.principals.addSession(admin.record.id, 60_000)}`,
    listen: () => listen(t, app),
    staged: () => readdir(store.paths.staging),
    changes: async (subject) => {
      const { items } = await runtime.store.audit.list({ subject, limit: 200 })
      return items.map(({ action, actor }) => `${action} by ${actor}`).toReversed()
    },
    listeners,
  }
}

/** The real plugins, with a count of who listens, and with what a test puts before a method. */
function observed(plugins: Plugins, before: Partial<Plugins> = {}) {
  let count = 0
  const counted = (unsubscribe: () => void) => {
    count += 1
    return () => {
      count -= 1
      unsubscribe()
    }
  }
  const own: Partial<Plugins> = {
    subscribeLogs: (...args) => counted(plugins.subscribeLogs(...args)),
    subscribeEvents: (...args) => counted(plugins.subscribeEvents(...args)),
    ...before,
  }
  const proxy = new Proxy(plugins, {
    get(target, name) {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { plugins: proxy, listeners: () => count }
}

function listen(t: Scope, app: Hono): Promise<string> {
  return new Promise((resolve) => {
    const server = serve(
      { fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
      ({ port }) => resolve(`http://127.0.0.1:${port}`),
    ) as Server
    t.after(async () => {
      server.closeAllConnections()
      server.close()
    })
  })
}

export async function problemOf(response: Response) {
  const body = await response.json()
  if (!String(response.headers.get('content-type')).startsWith('application/problem+json')) {
    throw new Error(`Not a problem: ${response.status} ${JSON.stringify(body)}`)
  }
  return body
}
