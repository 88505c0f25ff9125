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
  /** Frozen. */
  readonly settings: Settings
  /** They stand for the value in headers of `fetch()` only: `env.secrets.apiKey.bearer()`. See [network.md](network.md). */
  readonly secrets: Secrets
  /** The last 1,000 lines are kept, in memory. */
  readonly log: Log
  /** With metadata, expiration, compare and set, and counters. Needs "permissions.kv". */
  readonly kv: Kv
  /** Its tables are made by `backend/migrations/*.sql`: see [database.md](database.md). Needs "permissions.database". */
  readonly db: Db
  /** Only granted devices; an empty list where the machine has no USB. Needs "permissions.usb". */
  readonly usb: Usb
}

export interface User {
  readonly name: string
  readonly permissions: readonly string[]
}

export interface Context {
  /** Keeps the instance alive until the promise settles, at most 30 s after the response. */
  waitUntil(promise: Promise<unknown>): void
  /** Who asks, with name and permissions; null for an anonymous visitor. */
  readonly user: User | null
  /** Aborted when the caller goes away or the deadline passes. */
  readonly signal: AbortSignal
  /** Does nothing; it is part of the convention. */
  passThroughOnException(): void
}
