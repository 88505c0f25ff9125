// The configuration of the runtime: one object, every limit with its unit in its name.
// Flags win over environment, environment over plugbay.config.json (see config-sources.ts).

/** Every cap on a package; the operator's config sets them. */
export interface PackageLimits {
  /** 50 MB. */
  readonly maxArchiveBytes: number
  /** 200 MB. */
  readonly maxInflatedBytes: number
  /** 5,000. */
  readonly maxEntries: number
  /** 200: inflated to deflated size, of each entry over 1 MB and of the whole archive. */
  readonly maxRatio: number
  /** 20 MB of linked backend code. */
  readonly maxCodeBytes: number
}

export const DEFAULT_PACKAGE_LIMITS: PackageLimits = {
  maxArchiveBytes: 50_000_000,
  maxInflatedBytes: 200_000_000,
  maxEntries: 5000,
  maxRatio: 200,
  maxCodeBytes: 20_000_000,
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
  /** The wall of the operating system around child processes: bwrap where it works, bwrap or no start, none. */
  readonly jail: 'auto' | 'bwrap' | 'none'
}

/** The operator's caps; a manifest's "limits" may ask for less, never for more. */
export interface GuestLimits {
  readonly memoryMb: number
  readonly cpuMs: number
  /** Of one core, averaged over 60 s; the first 10 ms of every request do not count. */
  readonly cpuPercent: number
  readonly deadlineMs: number
  readonly maxRequestBytes: number
  readonly maxResponseBytes: number
  readonly maxRequestsInFlight: number
  readonly maxHostCalls: number
  readonly maxTimers: number
  /** WebSockets of visitors to one plugin. */
  readonly maxSockets: number
  /** One message of a WebSocket; it crosses the wall in one piece. */
  readonly maxSocketMessageBytes: number
  /** A WebSocket is asked for a sign of life this often, and closed when none has come by the next time. */
  readonly socketPingMs: number
  readonly kvBytes: number
  readonly databaseBytes: number
  readonly logLinesPerSecond: number
}

export interface Config {
  readonly port: number
  readonly host: string
  /** Absolute path of the data folder. */
  readonly data: string
  /** The origin that visitors use, for example "https://media.example.org"; null when only loopback names are used. */
  readonly publicUrl: string | null
  /** Whether X-Forwarded-For, -Proto and -Host are believed. */
  readonly trustProxy: boolean
  /** Plugins get an origin of their own at `<id>.<pluginDomain>`. */
  readonly pluginDomain: string | null
  /** BCP 47 tags; the first is the default. */
  readonly languages: readonly string[]
  readonly packages: PackageLimits
  readonly sandbox: SandboxConfig
  readonly limits: GuestLimits
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
  trustProxy: false,
  pluginDomain: null,
  languages: ['en'],
  packages: DEFAULT_PACKAGE_LIMITS,
  sandbox: { maxProcesses: 8, idleMs: 60_000, maxFailures: 5, failureWindowMs: 300_000, jail: 'auto' },
  limits: {
    memoryMb: 64,
    cpuMs: 1000,
    cpuPercent: 50,
    deadlineMs: 10_000,
    maxRequestBytes: 10_000_000,
    maxResponseBytes: 100_000_000,
    maxRequestsInFlight: 100,
    maxHostCalls: 1000,
    maxTimers: 10_000,
    maxSockets: 100,
    maxSocketMessageBytes: 1_000_000,
    socketPingMs: 30_000,
    kvBytes: 64_000_000,
    databaseBytes: 256_000_000,
    logLinesPerSecond: 100,
  },
  adminToken: null,
  logLevel: 'info',
}
