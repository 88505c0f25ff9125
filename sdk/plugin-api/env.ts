// env, the argument of a plugin backend: one member per capability. A member whose permission is not granted is absent.

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
  /** Each stands for a value in headers of `fetch()` only: `env.secrets.apiKey.bearer()`. See [network.md](network.md). */
  readonly secrets: Secrets
  /** The last 1,000 lines are kept in memory. */
  readonly log: Log
  /** With metadata, expiration, compare and set, and counters. Needs "permissions.kv". */
  readonly kv: Kv
  /** `backend/migrations/*.sql` create its tables: see [database.md](database.md). Needs "permissions.database". */
  readonly db: Db
  /** Granted devices only; an empty list on a machine without USB. Needs "permissions.usb". */
  readonly usb: Usb
}

export interface User {
  readonly name: string
  readonly permissions: readonly string[]
}

export interface Context {
  /** Keeps the instance alive until the promise settles, at most 30 s after the response. */
  waitUntil(promise: Promise<unknown>): void
  /** The signed-in user, with name and permissions; null for an anonymous visitor. */
  readonly user: User | null
  /** Aborted when the client disconnects or the deadline passes. */
  readonly signal: AbortSignal
  /** Does nothing. Present because the convention has it. */
  passThroughOnException(): void
}
