// What an isolate is told when it boots: plain data, the same type on both sides of the wall.

import type { Permissions } from '../../sdk/protocol/permissions.ts'

export interface BootConfig {
  readonly pluginId: string
  readonly version: string
  readonly grants: Permissions
  readonly settings: Readonly<Record<string, unknown>>
  /** Host calls that may be under way at once. */
  readonly maxHostCalls: number
  readonly maxTimers: number
  /** Version of the SQLite behind env.db. */
  readonly sqliteVersion?: string
}

/** Events of a guest, as heads of EVENT frames. */
export type GuestEvent =
  | { readonly e: 'loaded'; readonly exports: GuestExports }
  | { readonly e: 'load-failed'; readonly error: GuestErrorReport }
  | { readonly e: 'unhandled'; readonly error: GuestErrorReport }
  | { readonly e: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string }
  /** Promises of ctx.waitUntil are pending, or no more. */
  | { readonly e: 'waiting'; readonly count: number }

/** What the default export offers. */
export interface GuestExports {
  readonly fetch: boolean
}

export interface GuestErrorReport {
  readonly name: string
  readonly message: string
  readonly stack: string
}

/** Events of the host to a guest. */
export type HostEvent = {
  readonly e: 'usb'
  readonly kind: 'connect' | 'disconnect'
  readonly device: unknown
}
