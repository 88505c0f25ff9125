// The HTTP side of a runtime, wired once: app, WebSockets and server share identity, pages, metrics and traffic.
// Invariant: their shared parts are private; each base path has one PluginTraffic, whichever app uses it.

import { randomBytes } from 'node:crypto'
import type { Hono } from 'hono'
import { createDiskProbe, type DiskState } from '../../plugin-store/disk-probe.ts'
import type { Store } from '../../plugin-store/store.ts'
import type { HostActions } from '../actions/actions.ts'
import { createBrowserScripts } from '../bundles/browser-scripts.ts'
import { BASE_PATH_FORM, readBasePath } from '../config/base-path.ts'
import type { Config } from '../config/config.ts'
import type { Contributors } from '../contributions/contributors.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { PluginDevices } from '../devices/usb/plugin-devices.ts'
import type { UsbDevices } from '../devices/usb/usb-devices.ts'
import type { DriveCommands } from '../devices/volumes/drive-commands.ts'
import type { Volumes } from '../devices/volumes/volumes.ts'
import type { OwnServer } from '../egress/own-server.ts'
import type { Points } from '../host/points.ts'
import type { Languages } from '../languages/languages.ts'
import type { Plugins } from '../lifecycle/plugins.ts'
import type { Log } from '../log.ts'
import { openArtifact } from '../package/artifact.ts'
import type { ByteCache } from '../package/byte-cache.ts'
import { Revocations } from '../permissions/revocations.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { Slots } from '../slots/slots.ts'
import type { TaskAdmin } from '../tasks/task-admin.ts'
import { type AppServices, createApp, createOwnApp } from './app.ts'
import { BackendGate, type BackendServices } from './backend/backend-gate.ts'
import { createRequestIds } from './backend/request-ids.ts'
import { createLanguagePrefixes } from './exchange/language-prefix.ts'
import { createLanguageOf } from './exchange/visitor-language.ts'
import {
  type Authenticate,
  type Authenticator,
  applicationCredential,
  createAuthenticator,
} from './identity/authenticate.ts'
import { createFailedAttempts } from './identity/failed-attempts.ts'
import { createSignInCodes } from './identity/sign-in-codes.ts'
import { createFindVisitor } from './identity/visitor.ts'
import { HttpMeter } from './metrics/http-meter.ts'
import { createMetrics } from './metrics/metrics.ts'
import type { Snapshot } from './metrics/metrics-series.ts'
import { createFormerAssets } from './pages/former-assets.ts'
import { createOwnFiles } from './pages/own-files.ts'
import { createPagePlaces } from './pages/page-places.ts'
import { createPageTokens, type PageTokens } from './pages/page-token.ts'
import { createPages } from './pages/pages.ts'
import { createPluginHeaderCache } from './pages/plugin-header-cache.ts'
import { createPluginPages } from './pages/plugin-pages.ts'
import { createTickets } from './pages/tickets.ts'
import { PluginTraffic, type TrafficServices } from './routing/plugin-traffic.ts'
import { createReservedPaths, type ReservedPaths } from './routing/reserved-paths.ts'
import { SandboxProbe } from './routing/sandbox-probe.ts'
import { returnAddress, signInAddress } from './routing/way-back.ts'
import type { ConnectionLimits } from './server/connection-guard.ts'
import { type Listening, listen } from './server/node-server.ts'
import type { Readiness } from './server/public.ts'
import type { ScryptCost } from './sign-in/password-hash.ts'
import type { SignInServices } from './sign-in/services.ts'
import { createUpgrades, type UpgradeHandler } from './sockets/upgrades.ts'

export interface HttpParts {
  readonly config: Config
  /** Version of Plugbay. */
  readonly version: string
  readonly log: Log
  readonly store: Pick<Store, 'principals' | 'audit' | 'catalog' | 'paths' | 'secrets'>
  /** For files of pages. */
  readonly assetCache: ByteCache
  readonly plugins: Plugins
  readonly live: LivePlugins
  readonly points: Points
  readonly contributors: Contributors
  readonly orders: AppServices['orders']
  readonly menuTitles: AppServices['menuTitles']
  readonly menus: AppServices['menus']
  readonly actions: HostActions
  readonly tasks: TaskAdmin
  readonly images: AppServices['images']
  readonly durable: AppServices['durable']
  readonly hostSettings: AppServices['hostSettings']
  readonly values: AppServices['values']
  readonly templates: AppServices['templates']
  readonly init: AppServices['init']
  readonly languages: Languages
  readonly slots: Slots
  readonly hostData: AppServices['hostData']
  readonly server: AppServices['server']
  readonly files: BackendServices['files']
  readonly devices: Pick<UsbDevices, 'list'>
  readonly pluginDevices: Pick<PluginDevices, 'list' | 'choose'>
  readonly volumes: Pick<Volumes, 'list'>
  readonly drives: Pick<DriveCommands, 'mount' | 'unmount' | 'eject'>
  readonly recorder?: Recorder | undefined
  readonly storage?: AppServices['storage']
  /** Notified of the port, which requests of plugins may not reach. */
  readonly ownServer: Pick<OwnServer, 'listensAt'>
  /** Current figures, for /metrics. */
  readonly snapshot: () => Promise<Omit<Snapshot, 'http' | 'version'>>
  /** Serve the pages where users of the runtime sign in. */
  readonly signIn: boolean | { readonly passwordCost: ScryptCost }
  readonly samples: AppServices['samples']
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
  /** Ends what a user of the embedding application was given until now. */
  endUser(name: string): void
}

export function createHttp(parts: HttpParts): Http {
  const { config, log, ending, ownServer } = parts
  const signInCodes = createSignInCodes()
  const revocations = new Revocations()
  parts.store.principals.onEnded(({ kind, id }) => revocations.end(`${kind}:${id}`))
  const meter = new HttpMeter()
  const authenticator = createAuthenticator({
    principals: parts.store.principals,
    config,
    attempts: createFailedAttempts(),
    revocations,
    ...(parts.authenticate !== undefined && { application: parts.authenticate }),
  })
  const scripts = createBrowserScripts()
  const pageTokens = createPageTokens({
    secret: randomBytes(32),
    revocations,
    generationOf: (pluginId) => {
      const found = parts.live.get(pluginId)
      return found?.kind === 'serving' ? found.generation : undefined
    },
  })
  const services: AppServices = {
    ...parts,
    pages: createPluginPages({ ...parts, tokens: pageTokens }),
    scripts,
    authenticator,
    signInCodes,
    revocations,
    metrics: createMetrics(
      meter,
      async () => ({ version: parts.version, ...(await parts.snapshot()) }),
      ending,
    ),
    signIn: signInOf(parts, authenticator),
    readiness: createReadiness(ending, createDiskProbe(parts.store.paths.staging)),
  }
  const trafficServices = createTrafficServices(parts, services, pageTokens)
  const traffics = new Map<string, PluginTraffic>()
  const trafficAt = ({ basePath: given = '' }: AppMount = {}, isWhole = false): PluginTraffic => {
    const basePath = basePathOf(given)
    const key = isWhole ? `${basePath}/*` : basePath
    const traffic = traffics.get(key) ?? new PluginTraffic(trafficServices, { basePath, isWhole })
    traffics.set(key, traffic)
    return traffic
  }
  return {
    app: (mount) => createApp(services, trafficAt(mount)),
    upgradeHandler: (mount) => createUpgrades(trafficAt(mount), { config }).handle,
    async listen({ port = config.port, connections, home } = {}) {
      const traffic = trafficAt(config, true)
      const own = { ...services, home }
      const listening = await listen({
        port,
        host: config.host,
        trustProxy: config.trustProxy,
        traffic,
        app: createApp(own, traffic),
        ownApp: createOwnApp(own, traffic),
        upgrades: createUpgrades(traffic, { config }),
        meter,
        connections,
      })
      ownServer.listensAt(listening.port)
      log.debug({ port: listening.port }, 'listening')
      return listening
    },
    signInCode: (tokenId) => signInCodes.issue(tokenId),
    endUser: (name) => revocations.end(applicationCredential(name)),
  }
}

function signInOf(parts: HttpParts, authenticator: Authenticator): AppServices['signIn'] {
  const { signIn } = parts
  if (signIn === false) return undefined
  const passwordCost = signIn === true ? undefined : signIn.passwordCost
  return createLazySignIn({ ...parts, authenticator, passwordCost })
}

/** Loaded by the first request for one of its pages; all base paths share its limits. */
function createLazySignIn(services: SignInServices): NonNullable<AppServices['signIn']> {
  let loading: Promise<(basePath: string) => Hono> | undefined
  const load = async () => (await import('./sign-in/create-sign-in.ts')).createSignIn(services)
  return (basePath) => {
    let app: Hono | undefined
    return async (c) => {
      loading ??= load()
      app ??= (await loading)(basePath)
      return await app.fetch(c.req.raw, c.env)
    }
  }
}

/** @throws TypeError for a path that routers and browsers would read in different ways */
function basePathOf(given: string): string {
  const basePath = readBasePath(given)
  if (basePath !== undefined) return basePath
  throw new TypeError(`"basePath" is not ${BASE_PATH_FORM}; it is "${given}"`)
}

function createReadiness(ending: AbortSignal, diskState: () => Promise<DiskState>): () => Promise<Readiness> {
  return async () => {
    const code = ending.aborted ? null : await diskState()
    if (ending.aborted) return { status: 'not-ready' }
    return code === null ? { status: 'ready' } : { status: 'not-ready', code }
  }
}

function createTrafficServices(
  parts: HttpParts,
  { authenticator, revocations, scripts }: AppServices,
  pageTokens: PageTokens,
): TrafficServices {
  const { config, log, live, ending, languages, recorder } = parts
  const languageOf = createLanguageOf(languages)
  const headersAt = createPluginHeaderCache()
  return {
    ...{ config, live, recorder },
    languages: createLanguagePrefixes(languages, live),
    headersAt,
    backends: new BackendGate({
      ...{ live, files: parts.files },
      headersAt,
      languageOf,
      revocations,
      maxRequestBytes: config.limits.maxRequestBytes,
      maxResponseBytes: config.limits.maxResponseBytes,
      adminToken: config.adminToken,
      allowedHeaders: config.http.allowedHeaders,
      nextRequestId: createRequestIds(),
      signInAddress: parts.signIn === false ? undefined : signInAddress,
    }),
    pages: createPages({
      headersAt,
      languages,
      languageOf,
      slots: parts.slots,
      scripts,
      formerAssets: createFormerAssets({
        live,
        ending,
        open: (sha256) => openArtifact(parts.store.paths.artifact(sha256), { cache: parts.assetCache }),
        now: () => performance.now(),
      }),
      tokens: pageTokens,
      wayBack: parts.signIn === false ? returnAddress : signInAddress,
      tickets: createTickets({ revocations }),
      onFailure: (error, plugin) => log.error({ plugin, error: String(error) }, 'a page could not be served'),
    }),
    placesOf: createPagePlaces({
      maxInFlight: config.limits.maxRequestsInFlight,
      maxQueued: config.limits.maxRequestsQueued,
      deadlineMs: config.limits.deadlineMs,
    }),
    revocations,
    ending,
    probe: new SandboxProbe({ config, log }),
    reservedPaths: createReservedPaths(
      { tokens: pageTokens, ownFiles: createOwnFiles(scripts) },
      parts.reservedPaths,
    ),
    vouches: parts.authenticate !== undefined,
    visitor: createFindVisitor({ authenticator, pageTokens }),
  }
}
