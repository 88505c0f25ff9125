// The configuration of the runtime: one object, every limit with its unit in its name.
// Flags override the environment, which overrides plugbay.config.json (see config-sources.ts).

import type { PublicUrl } from './public-urls.ts'
import { DEFAULT_SIGN_IN, type GivenSignIn, type SignInConfig, signInWithDefaults } from './sign-in-config.ts'

/** Limits on a package, set by the operator. */
export interface PackageLimits {
  /** 50 MB. */
  readonly maxArchiveBytes: number
  /** 200 MB. */
  readonly maxInflatedBytes: number
  /** 5,000. */
  readonly maxEntries: number
  /** 200: inflated to deflated size, of each entry over 1 MB and of the whole archive. */
  readonly maxRatio: number
  /** 10 MB of linked backend code; a larger source map is left out. */
  readonly maxCodeBytes: number
}

export const DEFAULT_PACKAGE_LIMITS: PackageLimits = {
  maxArchiveBytes: 50_000_000,
  maxInflatedBytes: 200_000_000,
  maxEntries: 5000,
  maxRatio: 200,
  maxCodeBytes: 10_000_000,
}

export interface SandboxConfig {
  /** Plugins with a process of their own before the harmless ones share. 8. */
  readonly maxProcesses: number
  /** An instance without work for this long is stopped. 60,000. */
  readonly idleMs: number
  /** Failures within the window that quarantine a plugin. 5. */
  readonly maxFailures: number
  /** 300,000. */
  readonly failureWindowMs: number
  /** Of all waiting requests, over all plugins; one plugin gets as much as the others leave free. 64,000,000. */
  readonly maxQueuedBytes: number
  /** Operating-system isolation of child processes: bwrap if it works, bwrap or refuse to start, none. */
  readonly jail: 'auto' | 'bwrap' | 'none'
}

/**
 * The operator's caps; a manifest's "limits" may ask for less, never for more. "@passed" is the text in docs/guest-api.md about
 * exceeding one.
 */
export interface GuestLimits {
  /** @passed The backend is stopped, and starts again with the next request; open requests are answered 502. */
  readonly memoryMb: number
  /**
   * Over all awaits of a request, until its response begins.
   * @passed 504, and the backend is stopped. Overlapping requests share their budgets. While no request waits (timers, work
   * left behind by responses) as much again is allowed beyond a tenth of a core, and once more for each open `ctx.waitUntil`,
   * up to four.
   */
  readonly cpuMs: number
  /**
   * Of one core, averaged over 60 s; the first 10 ms of every request do not count.
   * @passed 503 with `Retry-After`, and the backend is stopped until then. A manifest cannot ask for less.
   */
  readonly cpuPercent: number
  /**
   * From the arrival of a request until its response begins.
   * @passed 504. While a request body arrives, it counts from the last byte that the backend got.
   */
  readonly deadlineMs: number
  /** @passed 413 */
  readonly maxRequestBytes: number
  /** @passed The response is broken off, also when the backend sends no byte of it for 30 s. */
  readonly maxResponseBytes: number
  /**
   * @passed A request waits for its turn; one that could not be answered by its deadline is refused with 503 and `Retry-After`.
   */
  readonly maxRequestsInFlight: number
  /** @passed 503 with `Retry-After` */
  readonly maxRequestsQueued: number
  /** @passed An error with the code `QUOTA_EXCEEDED` is thrown. */
  readonly maxHostCalls: number
  /** @passed `setTimeout` throws. */
  readonly maxTimers: number
  /**
   * WebSockets of visitors to one plugin.
   * @passed The handshake is answered 503; see [websocket.md](websocket.md).
   */
  readonly maxSockets: number
  /**
   * One message of a WebSocket; it crosses the wall in one piece.
   * @passed The WebSocket is closed with 1009, or `send()` throws.
   */
  readonly maxSocketMessageBytes: number
  /**
   * Interval of pings on a WebSocket; it is closed when no pong has arrived by the next one.
   * @passed The visitor is disconnected.
   */
  readonly socketPingMs: number
  /** @passed An error with the code `QUOTA_EXCEEDED` is thrown. */
  readonly kvBytes: number
  /** @passed An error with the code `QUOTA_EXCEEDED` is thrown. */
  readonly databaseBytes: number
  /**
   * Each content once, and 4,096 bytes for every file and part.
   * @passed An error with the code `QUOTA_EXCEEDED` is thrown.
   */
  readonly filesBytes: number
  /**
   * On each volume; every entry counts as 4,096 bytes beside its content.
   * @passed A `QuotaExceededError` is thrown.
   */
  readonly volumeBytes: number
  /**
   * Of one plugin, to all its devices.
   * @passed A transfer waits for its turn.
   */
  readonly usbTransfersPerSecond: number
  /** @passed The rest is dropped, and counted in one line. */
  readonly logLinesPerSecond: number
}

export interface HttpConfig {
  /** Response headers that plugins may set besides the usual ones: "x-acme-region", "x-acme-*". */
  readonly allowedHeaders: readonly string[]
  /** Plugins are shown on origins of their own only: nothing of them is a page on the server's or the application's. */
  readonly ownOriginsOnly: boolean
  /** Uploads to the admin API that one principal may have in progress. 200. */
  readonly maxUploads: number
  /** From the first byte of an upload that is read to its last. 600,000. */
  readonly uploadMs: number
}

/** Background tasks of plugins; see docs/tasks.md. */
export interface TasksConfig {
  /** Runs of all plugins at the same time. 100. */
  readonly maxRunning: number
  /** Of one plugin. 10. */
  readonly maxRunningPerPlugin: number
  /** Tasks of one plugin that have not finished. 10,000. */
  readonly maxOpen: number
  /** Longest run that a task may ask for; the default of those that ask for none is 3,600 s. */
  readonly maxDeadlineSeconds: number
  /** CPU time of one run. 600,000. */
  readonly cpuMs: number
  /** Of one core, averaged over 60 s, for all runs of a plugin. 100. */
  readonly cpuPercent: number
  /** From the signal to stop until the backend of the task is stopped. 5,000. */
  readonly graceMs: number
  /** A runtime that has not been heard of for this long has lost its runs. 30,000. */
  readonly leaseMs: number
  /** Finished tasks are deleted after this time. 30. */
  readonly historyDays: number
}

export interface VolumesConfig {
  /** Absolute paths of folders that are offered like drives. */
  readonly roots: readonly string[]
  /** Name of the folder on each volume that holds a folder for every plugin. "plugbay". */
  readonly dataFolder: string
  /** Whether removable drives that are mounted are volumes, on Linux. True. */
  readonly drives: boolean
  /** Whether the server mounts, unmounts and ejects drives by udisks2, for administrators and plugins that are granted it. False. */
  readonly udisks: boolean
}

/** Templates of the standalone server; see docs/templates.md. An application declares its own. */
export interface TemplatesConfig {
  readonly folder: string | null
  /** A YAML file. */
  readonly values: string | null
  readonly output: string | null
}

/** Container images of plugins; see docs/images.md. */
export interface ImagesConfig {
  /** The program that makes them; `auto`: the first of podman, docker and buildah that answers. */
  readonly engine: 'auto' | 'podman' | 'docker' | 'buildah'
  /** Absolute path of the program of `engine`; null: its name, looked for in PATH. */
  readonly path: string | null
  /** Arguments of the operator's: `engine` stand before the command, the others after it. */
  readonly args: {
    readonly engine: readonly string[]
    readonly build: readonly string[]
    readonly push: readonly string[]
    readonly pull: readonly string[]
  }
  /** Registries, such as "127.0.0.1:5000", that are asked without TLS, or whatever their certificate is. */
  readonly insecureRegistries: readonly string[]
  /** That one command may take. 60. */
  readonly timeoutMinutes: number
}

/** Durable events; see docs/events.md. */
export interface EventsConfig {
  /** Failed attempts until a delivery is dead. 8. */
  readonly maxAttempts: number
  /** Until the second attempt; each further one waits four times as long, an hour at most. 5,000. */
  readonly retryMs: number
}

/** Setting the application up; see docs/init.md. */
export interface InitConfig {
  /** What runs scripts of plugins on the standalone server: nothing, or a plain shell outside of every sandbox. "none". */
  readonly runner: 'none' | 'shell'
}

export interface SecretsConfig {
  /** Absolute path of the file with the key that seals secrets at rest; null: `secrets.key` in the data folder. */
  readonly keyFile: string | null
}

/** Which plugins run, whatever the administrator has chosen; see runtime/lifecycle/forced.ts. */
export interface PluginsConfig {
  /** Exactly these; null: no such list. Overrides the other two. */
  readonly apply: readonly string[] | null
  readonly enable: readonly string[]
  /** Overrides `enable`. */
  readonly disable: readonly string[]
}

export interface Config {
  readonly port: number
  readonly host: string
  /** Absolute path of the data folder. */
  readonly data: string
  /** The public origin, for example "https://media.example.org"; null when only loopback names are used. */
  readonly publicUrl: string | null
  /** Further ones, after `publicUrl`; see public-urls.ts. */
  readonly publicUrls: readonly (string | PublicUrl)[]
  /** The path that everything is below: "/tools"; "" is the root. */
  readonly basePath: string
  /** Whether X-Forwarded-For, -Proto and -Host are trusted. */
  readonly trustProxy: boolean
  /** Plugins get an origin of their own at `<id>.<pluginDomain>`. */
  readonly pluginDomain: string | null
  /** BCP 47 tags; the first is the default. */
  readonly languages: readonly string[]
  readonly packages: PackageLimits
  readonly sandbox: SandboxConfig
  readonly limits: GuestLimits
  readonly http: HttpConfig
  readonly tasks: TasksConfig
  readonly events: EventsConfig
  readonly secrets: SecretsConfig
  readonly volumes: VolumesConfig
  readonly templates: TemplatesConfig
  readonly images: ImagesConfig
  readonly plugins: PluginsConfig
  readonly init: InitConfig
  readonly signIn: SignInConfig
  /** Replaces the generated admin token. */
  readonly adminToken: string | null
  /** `silent` for tests. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

export const DEFAULT_CONFIG: Config = {
  port: 3000,
  host: '127.0.0.1',
  data: 'data',
  publicUrl: null,
  publicUrls: [],
  basePath: '',
  trustProxy: false,
  pluginDomain: null,
  languages: ['en'],
  packages: DEFAULT_PACKAGE_LIMITS,
  sandbox: {
    maxProcesses: 8,
    idleMs: 60_000,
    maxFailures: 5,
    failureWindowMs: 300_000,
    maxQueuedBytes: 64_000_000,
    jail: 'auto',
  },
  limits: {
    memoryMb: 64,
    cpuMs: 1000,
    cpuPercent: 50,
    deadlineMs: 10_000,
    maxRequestBytes: 10_000_000,
    maxResponseBytes: 100_000_000,
    maxRequestsInFlight: 100,
    maxRequestsQueued: 1000,
    maxHostCalls: 1000,
    maxTimers: 10_000,
    maxSockets: 100,
    maxSocketMessageBytes: 1_000_000,
    socketPingMs: 30_000,
    kvBytes: 64_000_000,
    databaseBytes: 256_000_000,
    filesBytes: 1_000_000_000,
    volumeBytes: 10_000_000_000,
    usbTransfersPerSecond: 10_000,
    logLinesPerSecond: 100,
  },
  http: { allowedHeaders: [], ownOriginsOnly: false, maxUploads: 200, uploadMs: 600_000 },
  tasks: {
    maxRunning: 100,
    maxRunningPerPlugin: 10,
    maxOpen: 10_000,
    maxDeadlineSeconds: 86_400,
    cpuMs: 600_000,
    cpuPercent: 100,
    graceMs: 5000,
    leaseMs: 30_000,
    historyDays: 30,
  },
  events: { maxAttempts: 8, retryMs: 5000 },
  secrets: { keyFile: null },
  volumes: { roots: [], dataFolder: 'plugbay', drives: true, udisks: false },
  templates: { folder: null, values: null, output: null },
  images: {
    engine: 'auto',
    path: null,
    args: { engine: [], build: [], push: [], pull: [] },
    insecureRegistries: [],
    timeoutMinutes: 60,
  },
  plugins: { apply: null, enable: [], disable: [] },
  init: { runner: 'none' },
  signIn: DEFAULT_SIGN_IN,
  adminToken: null,
  logLevel: 'info',
}

/** A partial configuration, from an embedding application. */
export type GivenConfig = Partial<
  Omit<
    Config,
    | 'limits'
    | 'sandbox'
    | 'http'
    | 'tasks'
    | 'events'
    | 'volumes'
    | 'init'
    | 'templates'
    | 'images'
    | 'plugins'
    | 'signIn'
  >
> & {
  readonly limits?: Partial<GuestLimits>
  readonly sandbox?: Partial<SandboxConfig>
  readonly http?: Partial<HttpConfig>
  readonly tasks?: Partial<TasksConfig>
  readonly volumes?: Partial<VolumesConfig>
  readonly templates?: Partial<TemplatesConfig>
  readonly images?: Partial<Omit<ImagesConfig, 'args'>> & { readonly args?: Partial<ImagesConfig['args']> }
  readonly events?: Partial<EventsConfig>
  readonly plugins?: Partial<PluginsConfig>
  readonly init?: Partial<InitConfig>
  readonly signIn?: GivenSignIn
}

export function withDefaults(given: GivenConfig = {}): Config {
  return {
    ...DEFAULT_CONFIG,
    ...given,
    limits: { ...DEFAULT_CONFIG.limits, ...given.limits },
    sandbox: { ...DEFAULT_CONFIG.sandbox, ...given.sandbox },
    http: { ...DEFAULT_CONFIG.http, ...given.http },
    tasks: { ...DEFAULT_CONFIG.tasks, ...given.tasks },
    volumes: { ...DEFAULT_CONFIG.volumes, ...given.volumes },
    templates: { ...DEFAULT_CONFIG.templates, ...given.templates },
    images: {
      ...DEFAULT_CONFIG.images,
      ...given.images,
      args: { ...DEFAULT_CONFIG.images.args, ...given.images?.args },
    },
    events: { ...DEFAULT_CONFIG.events, ...given.events },
    plugins: { ...DEFAULT_CONFIG.plugins, ...given.plugins },
    init: { ...DEFAULT_CONFIG.init, ...given.init },
    signIn: signInWithDefaults(given.signIn),
  }
}
