// The HTTP server: plugin requests take a short path past the general router, everything else goes through the Hono app.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { PlugbayError } from '../../errors.ts'
import { NodeResponses, requestFromNode } from '../backend/node-exchange.ts'
import type { PluginTraffic } from '../backend/plugin-traffic.ts'
import type { HttpMeter } from '../metrics/http-meter.ts'
import type { Upgrades } from '../sockets/upgrades.ts'
import {
  type ConnectionLimits,
  DEFAULT_CONNECTION_LIMITS,
  guardConnections,
  serverOptionsOf,
} from './connection-guard.ts'

export interface ListenOptions {
  readonly port: number
  readonly host: string
  /** Whether X-Forwarded-Proto and -Host are believed. */
  readonly trustProxy: boolean
  readonly upgrades: Upgrades
  readonly meter: HttpMeter
  /** How slow, long and many the parts of a request may be. */
  readonly connections?: Partial<ConnectionLimits>
}

const CLOSE_IDLE_EVERY_MS = 50

export interface Listening {
  readonly port: number
  /** Takes no more connections, lets open requests end for up to `drainMs`, then cuts them. */
  close(drainMs?: number): Promise<void>
}

/** Rejects with PORT_UNUSABLE or the error of the system. */
export async function listen(app: Hono, traffic: PluginTraffic, options: ListenOptions): Promise<Listening> {
  const general = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const limits = { ...DEFAULT_CONNECTION_LIMITS, ...options.connections }
  const { upgrades } = options
  const server = createServer({
    ...serverOptionsOf(limits),
    shouldUpgradeCallback: (request) => upgrades.wants(request),
  })
  server.on('upgrade', upgrades.handle)
  const path: ShortPath = {
    traffic,
    trustProxy: options.trustProxy,
    responses: new NodeResponses(options.meter),
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    if (!shortPath(path, request, response)) void general(request, response)
  }
  guardConnections(server, handle, limits)
  await open(server, options)
  return {
    port: (server.address() as AddressInfo).port,
    close: (drainMs = 10_000) => close(server, upgrades, drainMs),
  }
}

interface ShortPath {
  readonly traffic: PluginTraffic
  readonly trustProxy: boolean
  readonly responses: NodeResponses
}

function shortPath(
  { traffic, trustProxy, responses }: ShortPath,
  incoming: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { url = '/', headers } = incoming
  if (!url.startsWith('/')) return false
  const proxied =
    trustProxy && (headers['x-forwarded-host'] !== undefined || headers['x-forwarded-proto'] !== undefined)
  if (proxied) return false
  const arrival = { url, host: headers.host, scheme: 'http' } as const
  const target = traffic.arrive(arrival)
  if (target.kind === 'runtime' || target.kind === 'foreign') return false
  const request = requestFromNode(incoming, target.kind === 'backend' ? target.target : target.path)
  const sink = responses.sinkOf(response, target.kind)
  traffic.handle(target, arrival, { request, sink })
  return true
}

async function open(server: Server, { port, host }: ListenOptions): Promise<void> {
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
  // An answer that has begun before has promised to keep its connection.
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
