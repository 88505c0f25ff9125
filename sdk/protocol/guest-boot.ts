// What an isolate is told when it boots: plain data, the same type on both sides of the wall.

import type { Permissions } from '../permissions/permissions.ts'
import type { GuestExports } from './guest-calls.ts'

export interface BootConfig {
  readonly pluginId: string
  readonly version: string
  readonly grants: Permissions
  readonly settings: Readonly<Record<string, unknown>>
  /** Placeholders by name of the setting. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Host calls that may be under way at once. */
  readonly maxHostCalls: number
  readonly maxTimers: number
  /** Longest message of a WebSocket; without it there are none. */
  readonly maxSocketMessageBytes?: number
  /** What WebSockets may hold in all that their other ends have not taken. */
  readonly socketBufferBytes?: number
  /** Version of the SQLite behind env.db. */
  readonly sqliteVersion?: string
}

/** Kinds of deliveries that the child makes itself, apart from those of frames (sdk/protocol/wire.ts). The id is the timer's. */
export const TIMER_DUE = 0
/** The answer to a host function that answers later: the id is the request's, head and body are its result. */
export const HOST_RESULT = 8
/** A rejection that nobody handled: the head is a LostRejection. */
export const UNHANDLED = 9

/** What isolated-vm tells of such a rejection; the promise itself is not known. `run`: the number of the delivery, from 1. */
export type LostRejection = { readonly run: number } & (
  | { readonly value: string | number | boolean | null }
  | { readonly error: GuestErrorReport }
)

/** Events of a guest, as heads of EVENT frames. */
export type GuestEvent =
  | { readonly e: 'loaded'; readonly exports: GuestExports }
  | { readonly e: 'load-failed'; readonly error: GuestErrorReport }
  | { readonly e: 'unhandled'; readonly error: GuestErrorReport; readonly requestId?: string }
  | {
      readonly e: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly text: string
      readonly requestId?: string
    }
  /** So many more lines were over the limit. */
  | { readonly e: 'log-dropped'; readonly count: number }
  /** Promises of ctx.waitUntil are pending, or no more. */
  | { readonly e: 'waiting'; readonly count: number }

export interface GuestErrorReport {
  readonly name: string
  readonly message: string
  readonly stack: string
}
