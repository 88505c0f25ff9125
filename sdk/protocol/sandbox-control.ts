// Messages between the runtime and a sandbox process itself (slot 0), as opposed to those to its isolates. Plain data.

import type { BootConfig } from './guest-boot.ts'

export interface BootCall {
  readonly m: 'boot'
  /** Length of the guest bundle in the body, UTF-8; its code cache follows it. */
  readonly sourceBytes: number
  /** Memory limit of an isolate to create before a plugin needs it; absent: none. */
  readonly warmMb?: number | undefined
}

export interface LoadCall {
  readonly m: 'load'
  readonly slot: number
  readonly memoryMb: number
  /** Limits of CPU and wall time of one uninterrupted run; used when several isolates share the process. */
  readonly runMs: number
  /** Bytes of log output that a guest may write; the rest is dropped and counted. */
  readonly logLinesPerSecond: number
  readonly shared: boolean
  /** Threads of the pool that its operations may occupy. */
  readonly poolThreads: number
  readonly config: BootConfig
  /** Length of the linked backend in the body, UTF-8; its code cache, when there is one, follows it. */
  readonly sourceBytes: number
  /** Length of that cache; absent: it is the rest. */
  readonly cacheBytes?: number
  /** The catalogs of messages that follow, in this order. */
  readonly catalogs?: readonly CatalogLength[]
  /**
   * A debugger may pause it, in development: its runs have a thread of their own and no time limit, and its script waits for an InspectCall
   * with `run`.
   */
  readonly inspect?: boolean
  /** In tests of plugins: its clock is not the machine's, but so many milliseconds ahead of it. */
  readonly clockAheadMs?: number
}

/** In tests of plugins: sets the clock of the isolates that were loaded with one. The reply is a ClockReply. */
export interface ClockCall {
  readonly m: 'clock'
  readonly aheadMs: number
}

export interface ClockReply {
  /** When the next timer is due, by that clock: milliseconds since 1970; null without one. */
  readonly nextAt: number | null
}

/** The body is a message for the inspector of an isolate that was loaded for it, in the Chrome DevTools protocol; or there is none. */
export interface InspectCall {
  readonly m: 'inspect'
  readonly slot: number
  /** The script may run: breakpoints are set. */
  readonly run?: true
}

export interface CatalogLength {
  readonly language: string
  readonly bytes: number
}

export interface CompileCall {
  readonly m: 'compile'
  readonly filename: string
}

export interface UnloadCall {
  readonly m: 'unload'
  readonly slot: number
}

/** A process whose event loop is free answers at once. */
export interface PingCall {
  readonly m: 'ping'
}

export interface SlotFigures {
  readonly slot: number
  readonly cpuMs: number
  readonly heapBytes: number
  readonly externalBytes: number
  /** Wall time spent in runs since the start; of the whole process, when the slot is alone in it. */
  readonly busyMs: number
  /** Duration of the current run; 0 between runs, and when the slot is alone in its process. */
  readonly runMs: number
  /** Time that operations of crypto and compression have spent on threads since the start; two at once count twice. */
  readonly poolMs: number
}

export type ControlCall = BootCall | LoadCall | ClockCall | InspectCall | CompileCall | UnloadCall | PingCall

export interface PingReply {
  /** Also those that were unloaded while operations of theirs were on threads, until these have ended. */
  readonly slots: readonly SlotFigures[]
}

/** Sent by the process when a slot cannot continue. */
export interface SlotEvent {
  readonly e: 'slot-failed'
  readonly slot: number
  readonly code: 'GUEST_DEADLINE' | 'GUEST_CRASHED'
  readonly message: string
  /** The isolate will never release its thread: only ending the process helps. */
  readonly isCatastrophic: boolean
}

/** Sent by a shared process: all slots with a run in progress, or an operation on a thread. */
export interface RunsEvent {
  readonly e: 'runs'
  readonly slots: readonly number[]
}

/** V8 rejected the code cache of the guest, for example because another version or other flags made it. */
export interface GuestRejectedEvent {
  readonly e: 'guest-rejected'
}

/** The body is a piece of a message of an isolate's inspector. */
export interface InspectorEvent {
  readonly e: 'inspector'
  readonly slot: number
  /** The next piece belongs to the same message. */
  readonly more: boolean
}

export type ControlEvent = SlotEvent | RunsEvent | GuestRejectedEvent | InspectorEvent

/** Script name of the guest in stack traces. */
export const GUEST_SCRIPT = 'plugbay:guest'

/** Script name of a plugin's linked backend in stack traces. */
export function scriptName(pluginId: string): string {
  return `plugin:///${pluginId}/backend.js`
}
