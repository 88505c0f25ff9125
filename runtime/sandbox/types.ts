// Types of the sandbox: what it is given to run, and what it reports. Plain data and functions, independent of processes.

import type { PermissionName, Permissions } from '../../sdk/permissions/permissions.ts'
import type { GuestErrorReport, GuestLanguages } from '../../sdk/protocol/guest-boot.ts'
import type { GuestCallRow } from '../../sdk/protocol/guest-calls.ts'
import type { HostCall, HostCallResult, RelayedResult } from '../../sdk/protocol/host-calls.ts'
import type { ReceiveStream } from '../../sdk/protocol/streams.ts'
import type { Body, WireError } from '../../sdk/protocol/wire.ts'
import type { HandleTable, Resource } from './instance/handles.ts'
import type { PassedStreams } from './instance/passed-streams.ts'
import type { Caller } from './runner/caller.ts'
import type { CallMessage } from './runner/guest-call.ts'
import type { UsageMeter } from './usage/usage-meter.ts'

/** The effective limits: the operator's caps, narrowed by the manifest. */
export interface InstanceLimits {
  readonly memoryMb: number
  readonly cpuMs: number
  readonly cpuPercent: number
  readonly deadlineMs: number
  readonly maxRequestsInFlight: number
  readonly maxRequestsQueued: number
  readonly maxHostCalls: number
  readonly maxTimers: number
  readonly maxSockets: number
  readonly maxSocketMessageBytes: number
  readonly kvBytes: number
  readonly databaseBytes: number
  readonly filesBytes: number
  readonly volumeBytes: number
  readonly usbTransfersPerSecond: number
  readonly logLinesPerSecond: number
}

/**
 * The kind of a guest call decides how it may be handled.
 * `read`: it may be retried when its instance was lost with a shared process, like GET and HEAD.
 * `write`: the whole message is present. `upload`: its body arrives in chunks at the client's pace after it was sent.
 * `socket`: a handshake; both bodies stream for as long as the WebSocket is open.
 */
export type CallKind = 'read' | 'write' | 'upload' | 'socket'

/**
 * Why a release serves no more.
 * `replaced`: another one serves; what is in progress goes on. `withdrawn`: none serves; everything of it ends at once.
 * `closing`: the runtime stops; what is in progress may finish.
 */
export type Retirement = 'replaced' | 'withdrawn' | 'closing'

/** A folder that a guest may use for the time of one call. */
export interface GivenFolder extends Resource {
  readonly name: string
  /** The same for every grant of the same folder. */
  readonly key: number
}

/** By the name that the handler knows it by. */
export type GivenFolders = Readonly<Record<string, GivenFolder>>

/** A guest call to send, and the receiver of its outcome. Times are performance.now() values. */
/** The user whom a guest call is for. */
export interface CallUser {
  /** That of the head of the call. */
  readonly requestId: string
  readonly name: string
}

export interface CallRequest {
  /** Absent for a stranger, and for calls of the runtime. */
  readonly user: CallUser | undefined
  readonly head: string
  readonly body: Body
  /** Given to the instance with the call, and closed when it has ended. */
  readonly folders: GivenFolders | undefined
  readonly kind: CallKind
  readonly row: GuestCallRow
  readonly arrivedAt: number
  /** Later than `arrivedAt` when it had to wait for a place, or for the instance to start. */
  readonly sentAt: number
  /** Time from its arrival until the response must have begun. */
  readonly deadlineMs: number
  /** With a stream the call continues until `ended`; without one it has ended. */
  answered(head: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined, now: number): void
  /** The call has ended without a reply. */
  failed(error: WireError, now: number): void
  /** A streaming reply has ended. */
  ended(now: number): void
  /** The release serves no more. */
  retired(how: Retirement): void
}

/** Executes a host call of one plugin. Rejects with a PlugbayError; the guest learns nothing of any other error. */
export type HostCallHandler = (
  row: HostCall,
  args: HostCallArguments,
  body: Uint8Array | undefined,
  streams: HostCallStreams,
) => Promise<HostCallResult | RelayedResult>

/** Text when the row relays it, unparsed; otherwise the list. */
export type HostCallArguments = string | readonly unknown[]

/** What a host call carries beside its arguments. */
export interface HostCallStreams {
  /** Present when the body continues in chunks; `body` is undefined then. */
  readonly upload: ReceiveStream | undefined
  /** Aborted when the guest cancels the call. */
  readonly signal: AbortSignal
  /** The open handles of the calling instance. */
  readonly handles: HandleTable
  /** CPU time that others use for the call, in milliseconds: a task is charged what its calls cost, and takes nothing from visitors. */
  readonly charge: (ms: number) => void
  /**
   * Name of the user whom an open guest call of this id is for; null for a stranger, and without such a call. The guest says which call
   * it works for: it can choose among those that are open, and no other user.
   */
  userOf(requestId: string): string | null
  /** The streams that the guest is being sent: a call may take the rest of one. */
  readonly passed: Pick<PassedStreams, 'take'>
  /** In development: the guest call that makes it, as the guest says. */
  readonly requestId?: string | undefined
}

/** Records what a plugin does, in development. */
export interface CallRecorder {
  /** A guest call is about to be made: the caller that gets its outcome. */
  watch(message: CallMessage, caller: Caller): Caller
  /** The guest has used something that arrives with a permission which it does not have. */
  lacks(permission: PermissionName, value: string | undefined): void
}

/** The linked backend of a release, and V8's code cache for it, if any. */
export interface BackendCode {
  readonly source: Buffer
  readonly cache: Buffer | undefined
}

/** The messages of a language, as in the package. */
export interface CatalogBytes {
  readonly language: string
  readonly bytes: Uint8Array
}

/** What an instance needs for messages in the languages of the host. */
export interface Messages extends GuestLanguages {
  /** Read for each start, and not kept. */
  readonly catalogs: () => Promise<readonly CatalogBytes[]>
}

/** The far end of an isolate's inspector: it gets what the inspector says, in the Chrome DevTools protocol. */
export interface Debugger {
  receive(message: string): void
  /** The isolate is gone. */
  ended(): void
}

/** Called for each instance before its script runs; `send` passes messages to its inspector. */
export type InspectInstance = (isolate: { send(message: string): void }) => Debugger

/** `plugbay dev --inspect`. */
export interface Inspector {
  /** URL of the folder of the author's files, with a slash at its end. */
  readonly sources: string
  of(role: 'requests' | 'tasks'): InspectInstance
}

export interface InstanceSpec {
  readonly pluginId: string
  readonly version: string
  readonly code: () => Promise<BackendCode>
  /** Absent: no messages, in English alone. */
  readonly messages?: Messages
  readonly grants: Permissions
  readonly settings: Readonly<Record<string, unknown>>
  /** The placeholder of each secret setting inside the guest. */
  readonly secrets: Readonly<Record<string, string>>
  /** Masks secrets in what the guest says: lines, errors, reports. */
  readonly mask: (text: string) => string
  readonly limits: InstanceLimits
  /** One per plugin: all its releases and instances share it. */
  readonly meter: UsageMeter
  /** Present in `plugbay dev --inspect` only: the isolate has an inspector, and no call of it a deadline. */
  readonly inspect?: InspectInstance | undefined
  /** Present in development only. */
  readonly recorder?: CallRecorder | undefined
  readonly hostCall: HostCallHandler
  /** `requestId`: the request that the line belongs to, if known. */
  readonly onLog: (level: 'debug' | 'info' | 'warn' | 'error', text: string, requestId?: string) => void
  /** An unhandled rejection, or a failure that ended the instance. */
  readonly onError: (error: GuestErrorReport, requestId?: string) => void
}

/** Why an instance, or a process with all its instances, was killed; `crash`: the process exited by itself. */
export type KillReason = 'memory' | 'cpu' | 'catastrophe' | 'protocol' | 'boot' | 'crash'

export type FailureCode = 'GUEST_DEADLINE' | 'GUEST_CRASHED' | 'LOAD_FAILED'

export class InstanceFailure extends Error {
  readonly code: FailureCode
  readonly report: GuestErrorReport | undefined
  /** A neighbour in the process caused the loss of the instance. */
  readonly isBystander: boolean
  /** It was lost with a process that a neighbour may have ruined: its requests do not count as its own failures. */
  readonly isLost: boolean
  /** Absent when nothing was killed. */
  readonly reason: KillReason | undefined

  constructor(
    code: FailureCode,
    message: string,
    details: {
      readonly report?: GuestErrorReport
      readonly isBystander?: boolean
      readonly isLost?: boolean
      readonly reason?: KillReason
    } = {},
  ) {
    super(message)
    this.name = 'InstanceFailure'
    this.code = code
    this.report = details.report
    this.isBystander = details.isBystander ?? false
    this.isLost = details.isLost ?? false
    this.reason = details.reason
  }
}
