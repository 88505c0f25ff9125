// The HTTP server: plugin requests take a short path past the general router, everything else goes through the Hono app.

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { type ErrorCode, PlugbayError } from '../../errors.ts'
import { NodeResponses, requestFromNode } from '../exchange/node-exchange.ts'
import type { HttpMeter } from '../metrics/http-meter.ts'
import { meterTargetOf } from '../routing/locate.ts'
import type { PluginTraffic } from '../routing/plugin-traffic.ts'
import { isPlainTarget, refuseTarget } from '../routing/raw-target.ts'
import type { Upgrades } from '../sockets/upgrades.ts'
import {
  type ConnectionLimits,
  DEFAULT_CONNECTION_LIMITS,
  guardConnections,
  IDLE_BEHIND_PROXY_MS,
  serverOptionsOf,
} from './connection-guard.ts'

export interface ListenOptions {
  readonly port: number
  readonly host: string
  /** Whether X-Forwarded-Proto and -Host are trusted. */
  readonly trustProxy: boolean
  readonly traffic: PluginTraffic
  /** Locates a request itself. */
  readonly app: Hono
  /** For requests that are known to be the runtime's. */
  readonly ownApp: Hono
  readonly upgrades: Upgrades
  readonly meter: HttpMeter
  /** Limits of connections and requests. */
  readonly connections?: Partial<ConnectionLimits> | undefined
}

const CLOSE_IDLE_EVERY_MS = 50

export interface Listening {
  readonly port: number
  /** Stops accepting connections, lets open requests end for up to `drainMs`, then cuts them. */
  close(drainMs?: number): Promise<void>
}

/** Rejects with PORT_UNUSABLE or the error of the system. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const limits = {
    ...DEFAULT_CONNECTION_LIMITS,
    ...(options.trustProxy && { idleMs: IDLE_BEHIND_PROXY_MS }),
    ...options.connections,
  }
  const { upgrades } = options
  const server = createServer({
    ...serverOptionsOf(limits),
    shouldUpgradeCallback: (request) => upgrades.wants(request),
  })
  server.on('upgrade', upgrades.handle)
  guardConnections(server, createListener(options), {
    ...limits,
    shell: options.traffic.basePath,
    onRefused: (request, code) => noteStray(options, request, code),
  })
  await open(server, options)
  return {
    port: (server.address() as AddressInfo).port,
    close: (drainMs = 10_000) => close(server, upgrades, drainMs),
  }
}

/** Plugin requests are handled directly; all others go through a Hono app. */
function createListener({ traffic, app, ownApp, trustProxy, meter }: ListenOptions): RequestListener {
  const anything = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const own = getRequestListener(ownApp.fetch, { overrideGlobalObjects: false })
  const responses = new NodeResponses(meter)
  return (incoming, response) => {
    const { url = '/', headers } = incoming
    if (!isPlainTarget(url)) {
      noteStray({ traffic }, incoming, 'BAD_REQUEST')
      return refuseTarget(responses.sinkOf(response, 'runtime'), traffic.basePath)
    }
    const isProxied =
      trustProxy && (headers['x-forwarded-host'] !== undefined || headers['x-forwarded-proto'] !== undefined)
    if (isProxied || !url.startsWith('/')) return void anything(incoming, response)
    const target = traffic.locate({ url, host: headers.host, scheme: 'http' })
    if (target.kind === 'runtime') return void own(incoming, response)
    if (target.kind === 'foreign' || target.kind === 'outside' || target.kind === 'misspelt')
      return void anything(incoming, response)
    const sink = responses.sinkOf(response, meterTargetOf(target))
    traffic.handle(target, requestFromNode(incoming, target.target), sink)
  }
}

function noteStray(
  { traffic }: Pick<ListenOptions, 'traffic'>,
  { method = '', url = '', headers: { host }, rawHeaders }: IncomingMessage,
  code: ErrorCode,
): void {
  traffic.refusedStray({ method, url, host, headers: rawHeaders }, code)
}

async function open(server: Server, { port, host }: Pick<ListenOptions, 'port' | 'host'>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => {
    reject(
      error.code === 'EADDRINUSE'
        ? new PlugbayError('PORT_UNUSABLE', `Port ${port} is taken`, { cause: error })
        : error,
    )
  })
  server.listen(port, host, () => resolve())
  await promise
}

async function close(server: Server, upgrades: Upgrades, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // An answer that began earlier promised keep-alive.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS)
  server.closeIdleConnections()
  upgrades.close()
  const timer = setTimeout(() => {
    server.closeAllConnections()
    upgrades.terminate()
  }, drainMs)
  await closed
  clearInterval(idle)
  clearTimeout(timer)
}
