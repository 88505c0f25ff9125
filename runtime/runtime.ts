// The composition root: builds the parts, joins them, starts them in order and closes them in reverse. No logic.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openStore } from '../plugin-store/open-store.ts'
import type { Store } from '../plugin-store/store.ts'
import { type Config, DEFAULT_CONFIG, type GuestLimits, type SandboxConfig } from './config/config.ts'
import { LivePlugins } from './contributions/live-plugins.ts'
import { openDataProcesses } from './data/data-processes.ts'
import { createUsbDevices, type UsbDevices } from './devices/usb/usb-devices.ts'
import { createEgress, type EgressOptions } from './egress/egress.ts'
import { createOwnServer, type OwnServer } from './egress/own-server.ts'
import { dbHandlers } from './host-calls/db.ts'
import { fetchHandlers } from './host-calls/fetch.ts'
import { kvHandlers } from './host-calls/kv.ts'
import { usbHandlers } from './host-calls/usb.ts'
import { createPluginHeaderCache } from './http/backend/plugin-header-cache.ts'
import type { ReservedPaths, TrafficServices } from './http/backend/plugin-traffic.ts'
import { createReservedPaths } from './http/backend/reserved-paths.ts'
import { adminToken } from './http/identity/admin-token.ts'
import { type Authenticate, type Authenticator, createAuthenticator } from './http/identity/authenticate.ts'
import { createFailedAttempts } from './http/identity/failed-attempts.ts'
import { createSignInCodes, type SignInCodes } from './http/identity/sign-in-codes.ts'
import { createFindVisitor } from './http/identity/visitor.ts'
import { HttpMeter } from './http/metrics/http-meter.ts'
import { createMetrics, type Metrics } from './http/metrics/metrics.ts'
import { createPageTokens } from './http/pages/page-token.ts'
import { createPages } from './http/pages/pages.ts'
import { createTickets } from './http/pages/tickets.ts'
import { createPluginAdmin } from './lifecycle/plugin-admin.ts'
import type { Plugins } from './lifecycle/plugins.ts'
import { createPrecompression } from './lifecycle/prepare/precompression.ts'
import { createLog, type Log } from './log.ts'
import { createByteCache } from './package/byte-cache.ts'
import { sweepAllDerived } from './package/derived-writer.ts'
import { openPackageProcess } from './package/package-process.ts'
import { type Jail, openJail } from './processes/jail/jail.ts'
import { openSandbox, type Sandbox } from './sandbox/placement/sandbox.ts'

export type { Authenticate } from './http/identity/authenticate.ts'

export interface RuntimeOptions {
  readonly config?: Partial<Omit<Config, 'limits' | 'sandbox'>> & {
    readonly limits?: Partial<GuestLimits>
    readonly sandbox?: Partial<SandboxConfig>
  }
  /** How an embedding application vouches for its users. */
  readonly authenticate?: Authenticate
  /** Where PLUGBAY_SETTING_… variables come from; `process.env` by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Installs, but starts no plugin. */
  readonly safe?: boolean
  /** Folders that packages may be read from, beside uploads: `plugbay dev`, sample plugins. */
  readonly packageFolders?: readonly string[]
  /** How plugins' requests to other servers find their way; names are looked up by the system by default. */
  readonly network?: Pick<EgressOptions, 'resolve' | 'ca' | 'times'>
  /** What sandbox processes run instead of ours: for tests of what a process can do that was taken over. */
  readonly sandboxEntry?: URL
  /** Serve pages with the development client, and these paths below `.plugbay/`. */
  readonly dev?: ReservedPaths
}

export interface Runtime {
  readonly config: Config
  readonly version: string
  readonly plugins: Plugins
  readonly log: Log
  readonly store: Store
  readonly sandbox: Pick<Sandbox, 'processes' | 'kills'>
  /** The wall of the operating system around child processes. */
  readonly jail: Jail
  readonly devices: UsbDevices
  /** Who listens for the runtime by a server of his own tells the port here: plugins may not ask there. */
  readonly ownServer: Pick<OwnServer, 'listensAt'>
  readonly authenticator: Authenticator
  readonly metrics: Metrics
  readonly signInCodes: SignInCodes
  readonly traffic: TrafficServices
  readonly isReady: () => boolean
  /** A one-time code that signs in as the administrator. */
  adminCode(): string
  /** Aborted by `leave()`. */
  readonly ending: AbortSignal
  /** Not ready any more: event streams end, so that a server can close; requests that are under way go on. Idempotent. */
  leave(): void
  /** Leaves, drains requests, then stops every plugin and process. Idempotent. */
  close(): Promise<void>
}

/** Opens the data folder and brings every installed plugin up. Rejects with a PlugbayError or StoreError (STORE_LOCKED, …). */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const config = mergeConfig(options)
  const log = createLog(config.logLevel)
  const closers: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const store = await openStore(config.data, {
      warn: (message, error) => log.warn({ error: String(error) }, message),
    })
    closers.push(() => store.close())
    await sweepAllDerived(store.paths.artifacts, (message, error) =>
      log.warn({ error: String(error) }, message),
    )
    const admin = await adminToken(store, config)
    const jail = await openJail({ mode: config.sandbox.jail, folder: store.paths.pluginData, log })
    const sandbox = await openSandbox({
      config: config.sandbox,
      memoryMb: config.limits.memoryMb,
      jail,
      log,
      ...(options.sandboxEntry !== undefined && { entry: options.sandboxEntry }),
    })
    closers.push(() => sandbox.close())
    const data = openDataProcesses({ folder: store.paths.pluginData, jail, log })
    closers.push(() => data.close())
    const packages = openPackageProcess({
      staging: store.paths.staging,
      limits: config.packages,
      jail,
      log,
      folders: options.packageFolders ?? [],
    })
    closers.push(() => packages.close())
    const devices = createUsbDevices({
      warn: (message, error) => log.debug({ error: String(error) }, message),
    })
    closers.push(() => devices.close())
    const ownServer = createOwnServer(config)
    const egress = createEgress({ ...options.network, ownServer, limits: config.limits })
    closers.push(() => egress.close())
    const live = new LivePlugins()
    const precompression = createPrecompression({
      folderOf: store.paths.artifact,
      jail,
      log,
      dev: options.dev !== undefined,
    })
    live.subscribe(({ added }) => {
      for (const { artifact } of added) precompression.later(artifact)
    })
    const plugins = createPluginAdmin({
      config,
      log,
      store,
      packages,
      sandbox,
      data,
      devices,
      live,
      handlers: {
        ...kvHandlers(data),
        ...dbHandlers(data),
        ...usbHandlers(devices),
        ...fetchHandlers(egress),
      },
      assetCache: createByteCache(32_000_000),
      environment: options.environment ?? process.env,
      dev: options.dev !== undefined,
      safe: options.safe ?? false,
    })
    closers.push(() => plugins.close())
    closers.push(() => precompression.close())
    await plugins.boot()

    const version = packageVersion()
    const countOf = (pid: number | undefined) => (pid === undefined ? 0 : 1)
    const metrics = createMetrics(new HttpMeter(), async () => ({
      version,
      children: {
        sandbox: sandbox.processes.length,
        data: data.pids.length,
        package: countOf(packages.pid),
        compression: countOf(precompression.pid),
      },
      kills: sandbox.kills,
      uploads: plugins.uploads,
      plugins: await plugins.usage(),
    }))

    const ending = new AbortController()
    const pageTokens = createPageTokens({ secret: randomBytes(32) })
    const signInCodes = createSignInCodes()
    const authenticator = createAuthenticator({
      principals: store.principals,
      config,
      attempts: createFailedAttempts(),
      ...(options.authenticate !== undefined && { application: options.authenticate }),
    })
    return {
      config,
      version,
      plugins,
      log,
      store,
      sandbox,
      jail,
      devices,
      ownServer,
      authenticator,
      metrics,
      signInCodes,
      traffic: {
        config,
        routes: live,
        pages: createPages({
          tokens: pageTokens,
          tickets: createTickets(),
          onFailure: (error, plugin) =>
            log.error({ plugin, error: String(error) }, 'a page could not be served'),
        }),
        reservedPaths: createReservedPaths(pageTokens, options.dev),
        vouches: options.authenticate !== undefined,
        visitor: createFindVisitor({ authenticator, pageTokens }),
        fixedHeaders: createPluginHeaderCache(),
        maxRequestBytes: config.limits.maxRequestBytes,
        adminToken: config.adminToken,
        maxResponseBytes: config.limits.maxResponseBytes,
        nextRequestId: requestIds(),
      },
      isReady: () => !ending.signal.aborted,
      adminCode: () => signInCodes.issue(admin),
      ending: ending.signal,
      leave: () => ending.abort(),
      async close() {
        ending.abort()
        await closeAll()
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

function mergeConfig({ config = {} }: RuntimeOptions): Config {
  return {
    ...DEFAULT_CONFIG,
    ...config,
    limits: { ...DEFAULT_CONFIG.limits, ...config.limits },
    sandbox: { ...DEFAULT_CONFIG.sandbox, ...config.sandbox },
  }
}

function packageVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as { version: string })
        .version
    } catch {
      // The checkout has it one folder up, the published package two.
    }
  }
  return '0.0.0'
}

/** Short, unique in this run, without a system call per request. */
function requestIds(): () => string {
  const run = randomBytes(4).toString('hex')
  let count = 0
  return () => `${run}-${(++count).toString(36)}`
}
