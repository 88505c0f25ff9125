// The words between the runtime and a sandbox process itself (slot 0), apart from those to the isolates in it. Plain data.

import type { BootConfig } from './guest-boot.ts'

export interface BootCall {
  readonly m: 'boot'
  /** Length of the guest bundle in the body, UTF-8; its code cache follows it. */
  readonly sourceBytes: number
  /** An isolate with this limit is made before a plugin asks for it; absent: none. */
  readonly warmMb?: number | undefined
}

export interface LoadCall {
  readonly m: 'load'
  readonly slot: number
  readonly memoryMb: number
  /** CPU and wall time of one uninterrupted run; used where several isolates share the process. */
  readonly runMs: number
  /** What a guest writes beyond is dropped and counted. */
  readonly logLinesPerSecond: number
  readonly shared: boolean
  readonly config: BootConfig
  /** Length of the linked backend in the body, UTF-8; its code cache, when there is one, follows it. */
  readonly sourceBytes: number
}

export interface CompileCall {
  readonly m: 'compile'
  readonly filename: string
}

export interface UnloadCall {
  readonly m: 'unload'
  readonly slot: number
}

/** Answered at once by a process that yields. */
export interface PingCall {
  readonly m: 'ping'
}

export interface SlotFigures {
  readonly slot: number
  readonly cpuMs: number
  readonly heapBytes: number
  readonly externalBytes: number
  /** Wall time since the start that runs were under way; of the whole process, where the slot is alone in it. */
  readonly busyMs: number
  /** How long the run that is under way has lasted; 0 between runs, and where the slot is alone in its process. */
  readonly runMs: number
}

export type ControlCall = BootCall | LoadCall | CompileCall | UnloadCall | PingCall

export interface PingReply {
  readonly slots: readonly SlotFigures[]
}

/** What the process says of a slot on its own: it cannot go on. */
export interface SlotEvent {
  readonly e: 'slot-failed'
  readonly slot: number
  readonly code: 'GUEST_DEADLINE' | 'GUEST_CRASHED'
  readonly message: string
  /** The isolate keeps its thread for ever: only the end of the process ends it. */
  readonly isCatastrophic: boolean
}

/** In a shared process: the slots that have a run under way, all of them. */
export interface RunsEvent {
  readonly e: 'runs'
  readonly slots: readonly number[]
}

/** V8 did not take the code cache of the guest, as when it was made by another version or with other flags. */
export interface GuestRejectedEvent {
  readonly e: 'guest-rejected'
}

export type ControlEvent = SlotEvent | RunsEvent | GuestRejectedEvent

/** Name of the guest's script, in stacks. */
export const GUEST_SCRIPT = 'plugbay:guest'

/** Name of a plugin's linked script, in stacks. */
export function scriptName(pluginId: string): string {
  return `plugin:///${pluginId}/backend.js`
}
