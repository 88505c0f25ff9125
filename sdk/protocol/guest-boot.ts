// The boot data of an isolate: plain data, the same type on both sides of the wall.

import type { PermissionName, Permissions } from '../permissions/permissions.ts'
import type { GuestExports } from './guest-calls.ts'

export interface BootConfig {
  readonly pluginId: string
  readonly version: string
  readonly grants: Permissions
  readonly settings: Readonly<Record<string, unknown>>
  /** Placeholders by name of the setting. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Maximum number of concurrent host calls. */
  readonly maxHostCalls: number
  readonly maxTimers: number
  /** Longest message of a WebSocket; absent: no WebSockets. */
  readonly maxSocketMessageBytes?: number
  /** Bytes that WebSockets may hold in total, waiting for their peers. */
  readonly socketBufferBytes?: number
  /** The languages of the host; absent: English alone. */
  readonly languages?: GuestLanguages
  /** Version of the SQLite behind env.db. */
  readonly sqliteVersion?: string
  /** In development: host calls say which request made them, and what is used without a grant is reported. */
  readonly recorded?: boolean
  /** In tests of plugins: `Date` is that of the host. */
  readonly ownClock?: boolean
}

export interface GuestLanguages {
  readonly default: string
  /** For each language of the host, those of the catalogs to look for a message in, in order. */
  readonly chains: Readonly<Record<string, readonly string[]>>
  /** Whether texts that stand in for missing messages are marked, and logged: in development. */
  readonly marks: boolean
}

/** Kinds of deliveries that the child creates, in addition to those of frames (sdk/protocol/wire.ts). The id is the timer's. */
export const TIMER_DUE = 0
/** The result of an asynchronous host function: the id is the request's; head and body are the result. */
export const HOST_RESULT = 8
/** An unhandled rejection: the head is a LostRejection. */
export const UNHANDLED = 9

/** What isolated-vm reports of such a rejection; the promise itself is unknown. `run`: the number of the delivery, from 1. */
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
  /** Number of lines dropped by the rate limit. */
  | { readonly e: 'log-dropped'; readonly count: number }
  /** Number of pending promises of ctx.waitUntil; 0 when none is left. */
  | { readonly e: 'waiting'; readonly count: number }
  /** In development: something was used that arrives with this permission. `value`: the address that fetch() was given. */
  | { readonly e: 'lacking'; readonly permission: PermissionName; readonly value?: string }

export interface GuestErrorReport {
  readonly name: string
  readonly message: string
  readonly stack: string
}
