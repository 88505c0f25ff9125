// What the sandbox is told to run, and what it says back. Plain data and functions, no process in sight.

import type { Permissions } from '../../sdk/permissions/permissions.ts'
import type { GuestErrorReport } from '../../sdk/protocol/guest-boot.ts'
import type { GuestCallRow } from '../../sdk/protocol/guest-calls.ts'
import type { HostAnswer, HostCall, RelayedAnswer } from '../../sdk/protocol/host-calls.ts'
import type { ReceiveStream } from '../../sdk/protocol/streams.ts'
import type { Body, WireError } from '../../sdk/protocol/wire.ts'
import type { HandleTable } from './instance/handles.ts'
import type { UsageMeter } from './usage/usage-meter.ts'

/** The limits that count: the operator's caps, narrowed by the manifest. */
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
  readonly logLinesPerSecond: number
}

/**
 * What a guest call carries, and so what may be done with it.
 * `read`: it may be sent again when its instance was lost with a process that others share, as GET and HEAD may.
 * `write`: the whole message is there. `upload`: its body arrives in chunks at the client's pace, once it has been sent.
 * `socket`: a handshake; both bodies stream for as long as the WebSocket is open.
 */
export type CallKind = 'read' | 'write' | 'upload' | 'socket'

/** A guest call as it is sent, and who hears what becomes of it. Times are as of performance.now(). */
export interface CallRequest {
  readonly head: string
  readonly body: Body
  readonly kind: CallKind
  readonly row: GuestCallRow
  readonly arrivedAt: number
  /** Later than `arrivedAt` when it had to wait for a place, or for the instance to start. */
  readonly sentAt: number
  /** From its arrival until the answer must have begun. */
  readonly deadlineMs: number
  /** With a stream the call goes on until `ended`; without one it has ended. */
  answered(head: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined, now: number): void
  /** The call has ended without an answer. */
  failed(error: WireError, now: number): void
  /** Nothing more comes of an answer whose body streamed. */
  ended(now: number): void
}

/** Carries out a host call of one plugin. Rejects with a PlugbayError; whatever else it throws, the guest learns nothing of it. */
export type HostCallHandler = (
  row: HostCall,
  args: HostCallArguments,
  body: Uint8Array | undefined,
  streams: HostCallStreams,
) => Promise<HostAnswer | RelayedAnswer>

/** Text where the row relays it, unread; else the list. */
export type HostCallArguments = string | readonly unknown[]

/** What a host call has beside its arguments. */
export interface HostCallStreams {
  /** Present when the body goes on in chunks; `body` is undefined then. */
  readonly upload: ReceiveStream | undefined
  /** Aborted when the guest does not want the answer, or the rest of it, any more. */
  readonly signal: AbortSignal
  /** What the instance that calls has open. */
  readonly handles: HandleTable
}

/** The linked backend of a release, and V8's cache of it when there is one. */
export interface BackendCode {
  readonly source: Buffer
  readonly cache: Buffer | undefined
}

export interface InstanceSpec {
  readonly pluginId: string
  readonly version: string
  readonly code: () => Promise<BackendCode>
  readonly grants: Permissions
  readonly settings: Readonly<Record<string, unknown>>
  /** What stands for each secret setting inside the guest. */
  readonly secrets: Readonly<Record<string, string>>
  readonly limits: InstanceLimits
  /** Of the plugin: every release and instance of it writes to the same one. */
  readonly meter: UsageMeter
  readonly hostCall: HostCallHandler
  /** `requestId`: of the request that the line belongs to, where that is known. */
  readonly onLog: (level: 'debug' | 'info' | 'warn' | 'error', text: string, requestId?: string) => void
  /** A rejection that nobody awaited, or a failure that ended the instance. */
  readonly onError: (error: GuestErrorReport, requestId?: string) => void
}

/** Why an instance, or a process with all that is in it, was ended by force; `crash`: the process ended by itself. */
export type KillReason = 'memory' | 'processor' | 'catastrophe' | 'protocol' | 'boot' | 'crash'

export type FailureCode = 'GUEST_DEADLINE' | 'GUEST_CRASHED' | 'LOAD_FAILED'

export class InstanceFailure extends Error {
  readonly code: FailureCode
  readonly report: GuestErrorReport | undefined
  /** The instance was lost by what a neighbour in its process did. */
  readonly isBystander: boolean
  /** It was lost with its process, which a neighbour may have ruined: its requests are not its own failures. */
  readonly isLost: boolean
  /** Absent where nothing was ended by force. */
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
