// The HTTP side of a runtime, wired once: app, WebSockets and server share identity, pages, metrics and traffic.
// Invariant: their shared parts are private; each base path has one PluginTraffic, whichever listener uses it.

import { randomBytes } from 'node:crypto'
import type { Hono } from 'hono'
import type { Store } from '../../plugin-store/store.ts'
import type { Config } from '../config/config.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { UsbDevices } from '../devices/usb/usb-devices.ts'
import type { OwnServer } from '../egress/own-server.ts'
import type { Plugins } from '../lifecycle/plugins.ts'
import type { Log } from '../log.ts'
import { type AppServices, createApp, createOwnApp } from './app.ts'
import { BackendGate } from './backend/backend-gate.ts'
import { createRequestIds } from './backend/request-ids.ts'
import { type Authenticate, createAuthenticator } from './identity/authenticate.ts'
import { createFailedAttempts } from './identity/failed-attempts.ts'
import { createSignInCodes } from './identity/sign-in-codes.ts'
import { createFindVisitor } from './identity/visitor.ts'
import { HttpMeter } from './metrics/http-meter.ts'
import { createMetrics } from './metrics/metrics.ts'
import type { Snapshot } from './metrics/metrics-series.ts'
import { createPageTokens } from './pages/page-token.ts'
import { createPages } from './pages/pages.ts'
import { createPluginHeaderCache } from './pages/plugin-header-cache.ts'
import { createTickets } from './pages/tickets.ts'
import { PluginTraffic, type TrafficServices } from './routing/plugin-traffic.ts'
import { createReservedPaths, type ReservedPaths } from './routing/reserved-paths.ts'
import type { ConnectionLimits } from './server/connection-guard.ts'
import { type Listening, listen } from './server/node-server.ts'
import { createUpgrades, type UpgradeHandler } from './sockets/upgrades.ts'

export interface HttpParts {
  readonly config: Config
  /** Version of Plugbay. */
  readonly version: string
  readonly log: Log
  readonly store: Pick<Store, 'principals' | 'audit' | 'paths'>
  readonly plugins: Plugins
  readonly live: LivePlugins
  readonly devices: Pick<UsbDevices, 'list'>
  /** Notified of the port, which requests of plugins may not reach. */
  readonly ownServer: Pick<OwnServer, 'listensAt'>
  /** Current figures, for /metrics. */
  readonly snapshot: () => Promise<Omit<Snapshot, 'http' | 'version'>>
  /** Authenticates users on behalf of an embedding application. */
  readonly authenticate?: Authenticate | undefined
  /** More answers in place of plugins. */
  readonly reservedPaths?: ReservedPaths | undefined
  /** Aborted when the runtime is about to close: it stops being ready, and event streams end. */
  readonly ending: AbortSignal
}

export interface AppMount {
  /** Base path of the app in its host application: "/tools". */
  readonly basePath?: string
}

export interface ServerOptions {
  /** The port of the config by default. */
  readonly port?: number
  /** Limits of connections and requests. */
  readonly connections?: Partial<ConnectionLimits>
  /** Target of "/"; the admin page by default. */
  readonly home?: () => string
}

export interface Http {
  app(mount?: AppMount): Hono
  upgradeHandler(mount?: AppMount): UpgradeHandler
  /** Rejects with PORT_UNUSABLE or the error of the system. */
  listen(options?: ServerOptions): Promise<Listening>
  /** A one-time code that signs in with a token, given the id of its record. */
  signInCode(tokenId: string): string
}

export function createHttp(parts: HttpParts): Http {
  const { config, log, ending, ownServer } = parts
  const signInCodes = createSignInCodes()
  const meter = new HttpMeter()
  const authenticator = createAuthenticator({
    principals: parts.store.principals,
    config,
    attempts: createFailedAttempts(),
    ...(parts.authenticate !== undefined && { application: parts.authenticate }),
  })
  const services: AppServices = {
    ...parts,
    authenticator,
    signInCodes,
    metrics: createMetrics(meter, async () => ({ version: parts.version, ...(await parts.snapshot()) })),
    isReady: () => !ending.aborted,
  }
  const trafficServices = createTrafficServices(parts, services)
  const traffics = new Map<string, PluginTraffic>()
  const trafficAt = ({ basePath: given = '' }: AppMount = {}): PluginTraffic => {
    const basePath = given.replace(/\/+$/, '')
    const traffic = traffics.get(basePath) ?? new PluginTraffic(trafficServices, basePath)
    traffics.set(basePath, traffic)
    return traffic
  }
  return {
    app: (mount) => createApp(services, trafficAt(mount)),
    upgradeHandler: (mount) => createUpgrades(trafficAt(mount), { config }).handle,
    async listen({ port = config.port, connections, home } = {}) {
      const traffic = trafficAt()
      const own = { ...services, home }
      const listening = await listen({
        port,
        host: config.host,
        trustProxy: config.trustProxy,
        traffic,
        app: createApp(own, traffic),
        ownApp: createOwnApp(own, ''),
        upgrades: createUpgrades(traffic, { config }),
        meter,
        connections,
      })
      ownServer.listensAt(listening.port)
      log.debug({ port: listening.port }, 'listening')
      return listening
    },
    signInCode: (tokenId) => signInCodes.issue(tokenId),
  }
}

function createTrafficServices(parts: HttpParts, { authenticator }: AppServices): TrafficServices {
  const { config, log, live } = parts
  const pageTokens = createPageTokens({ secret: randomBytes(32) })
  const headersAt = createPluginHeaderCache()
  return {
    config,
    live,
    headersAt,
    backends: new BackendGate({
      live,
      headersAt,
      maxRequestBytes: config.limits.maxRequestBytes,
      maxResponseBytes: config.limits.maxResponseBytes,
      adminToken: config.adminToken,
      nextRequestId: createRequestIds(),
    }),
    pages: createPages({
      headersAt,
      tokens: pageTokens,
      tickets: createTickets(),
      onFailure: (error, plugin) => log.error({ plugin, error: String(error) }, 'a page could not be served'),
    }),
    reservedPaths: createReservedPaths(pageTokens, parts.reservedPaths),
    vouches: parts.authenticate !== undefined,
    visitor: createFindVisitor({ authenticator, pageTokens }),
  }
}
