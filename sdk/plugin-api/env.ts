// What a plugin backend is given: env, one member per capability. A member whose permission is not granted is absent.

import type { Db } from './db.ts'
import type { Kv } from './kv.ts'
import type { Log } from './log.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import type { Usb } from './usb.ts'

export interface Env {
  /** Whether the permission is granted: `env.has('usb')`. */
  has(permission: string): boolean
  readonly settings: Settings
  /** Usable in headers of fetch() only. */
  readonly secrets: Secrets
  readonly log: Log
  /** Needs "permissions.kv". */
  readonly kv: Kv
  /** Needs "permissions.database". */
  readonly db: Db
  /** Needs "permissions.usb". */
  readonly usb: Usb
}

export interface User {
  readonly name: string
  readonly permissions: readonly string[]
}

export interface Context {
  /** Keeps the instance alive until the promise settles, at most 30 s after the response. */
  waitUntil(promise: Promise<unknown>): void
  /** Who asks; null for an anonymous visitor. */
  readonly user: User | null
  /** Aborted when the client goes away or the deadline passes. */
  readonly signal: AbortSignal
  passThroughOnException(): void
}
