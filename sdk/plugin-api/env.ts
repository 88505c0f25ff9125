// env, the argument of a plugin backend: one member per capability. A member whose permission is not granted is absent.

import type { ActionCall } from './actions.ts'
import type { Bucket } from './bucket.ts'
import type { Db } from './db.ts'
import type { Events } from './events.ts'
import type { FileSystemDirectoryHandle } from './files.ts'
import type { Hooks } from './hooks.ts'
import type { Host } from './host.ts'
import type { Kv } from './kv.ts'
import type { MessageValues, Translate, TranslateOptions } from './language.ts'
import type { Log } from './log.ts'
import type { AskedPermission, Needs } from './manifest-values.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import type { Tasks } from './tasks.ts'
import type { Usb } from './usb.ts'
import type { Volumes } from './volumes.ts'

export interface Env {
  /** Whether the permission is granted: `env.has('usb')`. */
  has(permission: AskedPermission): boolean
  /** Frozen; another object after each call of `settings.changed`. */
  readonly settings: Settings
  /** Each stands for a value in headers of `fetch()`, and as a key for HMAC: `env.secrets.apiKey.bearer()`. See [network.md](network.md). */
  readonly secrets: Secrets
  /** The last 1,000 lines are kept in memory. */
  readonly log: Log
  /** The default language of the host, a BCP 47 tag. */
  readonly language: string
  /**
   * A message of `locales/<language>.json` in the language of the request that the code works for: `env.t('entries', { count: 3 })`. After
   * awaiting what several requests share, use `ctx.t`. See [languages.md](languages.md).
   */
  t(key: string, values?: MessageValues, options?: TranslateOptions): string
  /** With metadata, expiration, compare and set, and counters. Needs "permissions.kv". */
  readonly kv: Needs<'kv', Kv>
  /** `backend/migrations/*.sql` create its tables: see [database.md](database.md). Needs "permissions.database". */
  readonly db: Needs<'database', Db>
  /** Pictures and other files, streamed both ways: see [files.md](files.md). Needs "permissions.files". */
  readonly files: Needs<'files', Bucket>
  /** Applies hooks of the application. Needs "permissions.applyHooks". */
  readonly hooks: Needs<'applyHooks', Hooks>
  /** `env.host.call('catalog.search', { text: 'algebra' })`. Needs "permissions.host". */
  readonly host: Needs<'host', Host>
  /** Sends events of the plugin's own. Needs "permissions.events". */
  readonly events: Needs<'events', Events>
  /** Schedules tasks of the manifest. Needs "permissions.tasks". */
  readonly tasks: Needs<'tasks', Tasks>
  /** Granted devices only; an empty list on a machine without USB: see [usb.md](usb.md). Needs "permissions.usb". */
  readonly usb: Needs<'usb', Usb>
  /** Drives and folders to keep files on: see [volumes.md](volumes.md). Needs "permissions.volumes". */
  readonly volumes: Needs<'volumes', Volumes>
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
  /** In handlers of an action: which one, and its object. */
  readonly action: ActionCall | undefined
  /** The language of the visitor, a BCP 47 tag: one of the host's languages. See [languages.md](languages.md). */
  readonly language: string
  /** The direction in which it is written. */
  readonly dir: 'ltr' | 'rtl'
  /** A message of `locales/<language>.json` in that language: `ctx.t('entries', { count: 3 })`. */
  readonly t: Translate
  /**
   * The address of the backend as visitors reach it, with a slash at the end: `new URL('items?page=2', ctx.baseUrl)`. For links in
   * bodies, and for other servers that call or redirect back; see [Addresses](#addresses). In handlers other than `fetch` it is undefined.
   */
  readonly baseUrl: string | undefined
  /** Aborted when the client disconnects or the deadline passes. */
  readonly signal: AbortSignal
  /**
   * Folders that the handler may use until it has ended, by name: those of the object that an action was started on. Empty elsewhere.
   */
  readonly folders: Needs<'folders', Readonly<Record<string, FileSystemDirectoryHandle>>>
  /** Does nothing. Present because the convention has it. */
  passThroughOnException(): void
}
