// The composition root: creates the parts, connects them, starts them in order and closes them in reverse. No logic.

import { openStore } from '../plugin-store/open-store.ts'
import type { Store } from '../plugin-store/store.ts'
import { cacheFolder } from './bundles/cache-folder.ts'
import { type Config, type GivenConfig, withDefaults } from './config/config.ts'
import { packageVersion } from './config/package-version.ts'
import { LivePlugins } from './contributions/live-plugins.ts'
import { openDataProcesses } from './data/data-processes.ts'
import { createUsbDevices, type UsbDevices } from './devices/usb/usb-devices.ts'
import { createEgress, type EgressOptions } from './egress/egress.ts'
import { createOwnServer } from './egress/own-server.ts'
import { dbHandlers } from './host-calls/db.ts'
import { fetchHandlers } from './host-calls/fetch.ts'
import { kvHandlers } from './host-calls/kv.ts'
import { usbHandlers } from './host-calls/usb.ts'
import { createHttp, type Http } from './http/http.ts'
import { adminToken } from './http/identity/admin-token.ts'
import type { Authenticate } from './http/identity/authenticate.ts'
import type { ReservedPaths } from './http/routing/reserved-paths.ts'
import { createPluginAdmin } from './lifecycle/plugin-admin.ts'
import type { Plugins } from './lifecycle/plugins.ts'
import { createPrecompression } from './lifecycle/prepare/precompression.ts'
import { createLog, type Log } from './log.ts'
import { createByteCache } from './package/byte-cache.ts'
import { sweepAllDerived } from './package/derived-writer.ts'
import { openPackageProcess } from './package/package-process.ts'
import { DEVELOPMENT, PRODUCTION } from './policy.ts'
import { type Jail, openJail } from './processes/jail/jail.ts'
import { openSandbox, type Sandbox } from './sandbox/placement/sandbox.ts'

export type { Authenticate, Purpose } from './http/identity/authenticate.ts'

export interface RuntimeOptions {
  readonly config?: GivenConfig
  /** Authenticates users on behalf of an embedding application. */
  readonly authenticate?: Authenticate
  /** Source of PLUGBAY_SETTING_… variables; `process.env` by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Install, but start no plugin. */
  readonly safe?: boolean
  /** Folders that packages may be read from, in addition to uploads: `plugbay dev`, sample plugins. */
  readonly packageFolders?: readonly string[]
  /** How plugins' requests reach other servers; the system resolves names by default. */
  readonly network?: Pick<EgressOptions, 'resolve' | 'ca' | 'times'>
  /** Replaces the entry module of sandbox processes: for tests of what a compromised process can do. */
  readonly sandboxEntry?: URL
  /** Serve pages with the development client, and answer this in place of plugins. */
  readonly dev?: ReservedPaths
}

export interface Runtime {
  readonly config: Config
  readonly version: string
  readonly plugins: Plugins
  /** Everything that serves now. */
  readonly live: Pick<LivePlugins, 'current' | 'get' | 'subscribe'>
  readonly log: Log
  readonly store: Store
  readonly sandbox: Pick<Sandbox, 'processes' | 'kills'>
  /** Operating-system isolation of child processes. */
  readonly jail: Jail
  readonly devices: UsbDevices
  readonly http: Http
  readonly isReady: () => boolean
  /** A one-time code that signs in as the administrator. */
  adminCode(): string
  /** Ends readiness: event streams end, so that a server can close; requests in progress continue. Idempotent. */
  leave(): void
  /** Ends readiness, drains requests, then stops every plugin and process. Idempotent. */
  close(): Promise<void>
}

/** Opens the data folder and starts every installed plugin. Rejects with a PlugbayError or StoreError (STORE_LOCKED, …). */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const config = withDefaults(options.config)
  const log = createLog(config.logLevel)
  const policy = options.dev === undefined ? PRODUCTION : DEVELOPMENT
  const closers: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const store = await openStore(config.data, {
      flush: policy.flush,
      warn: (message, error) => log.warn({ error: String(error) }, message),
    })
    closers.push(() => store.close())
    const warn = (message: string, error: unknown) => log.warn({ error: String(error) }, message)
    const [jail, admin] = await Promise.all([
      openJail({ mode: config.sandbox.jail, folder: store.paths.pluginData, log }),
      adminToken(store, config),
      sweepAllDerived(store.paths.artifacts, warn),
    ])
    const sandbox = openSandbox({
      config: config.sandbox,
      memoryMb: config.limits.memoryMb,
      cacheFolder: cacheFolder() ?? store.paths.cache,
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
      compress: policy.compress,
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
      policy,
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
      policy,
      safe: options.safe ?? false,
    })
    closers.push(() => plugins.close())
    closers.push(() => precompression.close())
    await plugins.boot()

    const ending = new AbortController()
    const version = packageVersion()
    const http = createHttp({
      config,
      version,
      log,
      store,
      plugins,
      live,
      devices,
      ownServer,
      snapshot: async () => ({
        children: {
          sandbox: sandbox.processes.length,
          data: data.pids.length,
          package: packages.pid === undefined ? 0 : 1,
          compression: precompression.pid === undefined ? 0 : 1,
        },
        kills: sandbox.kills,
        uploads: plugins.uploads,
        waitingBytes: sandbox.queueMemory.used,
        plugins: await plugins.usage(),
      }),
      authenticate: options.authenticate,
      reservedPaths: options.dev,
      ending: ending.signal,
    })
    return {
      config,
      version,
      plugins,
      live,
      log,
      store,
      sandbox,
      jail,
      devices,
      http,
      isReady: () => !ending.signal.aborted,
      adminCode: () => http.signInCode(admin),
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
