// What the admin API says, as the admin page understands it. Invariant: plain data, as described by /api/v1/openapi.json;
// test/admin-ui/contract.ts fails to compile when the server's own types drift away from these.

import type { Permissions } from '../../../../sdk/permissions/permissions.ts'

export type PluginState =
  | 'disabled'
  | 'waiting-approval'
  | 'idle'
  | 'starting'
  | 'running'
  | 'misconfigured'
  | 'failed'
  | 'quarantined'

export type { Permissions }

export type Access = 'public' | 'user' | readonly string[]

export interface Problem {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly file?: string
  readonly pointer?: string
  readonly line?: number
  readonly column?: number
  readonly frame?: string
}

/** RFC 9457, with our code and problems. */
export interface ProblemDocument {
  readonly type?: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly code?: string
  readonly hint?: string
  readonly problems?: readonly Problem[]
}

export interface ReleaseInfo {
  readonly version: string
  readonly sha256: string
  readonly installedAt: string
  readonly active: boolean
}

/** Since the server started, over all releases. */
export interface ResourceFigures {
  readonly memoryMb: number
  readonly peakMemoryMb: number
  readonly cpuMs: number
  /** Of a core, over the last minute. */
  readonly cpuPercent: number
  readonly requests: number
  readonly errors: number
  readonly throttled: number
  readonly restarts: number
  readonly hostCalls: Readonly<Record<string, number>>
  readonly bytesIn: number
  readonly bytesOut: number
  readonly sockets: number
  readonly storageBytes: number
  readonly logLines: number
  readonly logLinesDropped: number
}

export interface Installation {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly version: string | null
  readonly sha256: string | null
  readonly enabled: boolean
  readonly state: PluginState
  readonly problem: Problem | null
  readonly access: Access
  readonly permissions: Permissions
  readonly grants: Permissions
  readonly candidate: { readonly version: string; readonly added: Permissions } | null
  readonly urls: { readonly api: string | null; readonly page: string | null }
  readonly releases: readonly ReleaseInfo[]
  readonly resources: ResourceFigures
}

/** Answer of POST /plugins: the installation, with what else there is to say where the server says it. */
export interface UploadAnswer extends Installation {
  readonly warnings?: readonly Problem[]
  readonly notYetActive?: readonly string[]
}

/** What was restored. */
export interface DataImport {
  /** When the snapshot was made, ISO 8601. */
  readonly createdAt: string
  readonly installation: Installation
}

export interface InspectReport {
  readonly ok: boolean
  /** As parsed, not yet trusted to have any shape: `ok` may be false. */
  readonly manifest: unknown
  readonly problems: readonly Problem[]
  readonly warnings?: readonly Problem[]
  readonly notYetActive?: readonly string[]
  readonly sha256: string | null
  readonly permissions: {
    readonly asked: Permissions
    readonly added: Permissions
    readonly removed: Permissions
  }
}

export interface SettingView {
  readonly value: unknown
  readonly source: 'default' | 'stored' | 'environment'
  readonly schema: unknown
}

export type Settings = Readonly<Record<string, SettingView>>

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogLine {
  readonly seq: number
  readonly time: string
  readonly level: LogLevel
  readonly message: string
  readonly requestId?: string
  readonly stack?: string
}

/** Why a plugin is in quarantine. */
export interface Evidence {
  readonly time: string
  readonly version: string
  readonly failures: readonly { readonly time: string; readonly code: string; readonly message: string }[]
  readonly stack: string | null
  /** Oldest first. */
  readonly log: readonly LogLine[]
  readonly resources: ResourceFigures
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

export interface Session {
  readonly name: string
  readonly permissions: readonly string[]
}

/** Data of the server-sent event "plugin.state". */
export interface StateEvent {
  readonly id: string
  readonly state: PluginState
  readonly version: string | null
}
