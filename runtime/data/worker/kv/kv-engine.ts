// The engine behind env.kv: selects the plugin's file for an operation, and parses what crosses the wall.
// Invariant: a path is formed from a plugin id only after the id has been checked.

import { join } from 'node:path'
import { DataError, diskErrorOf } from '../data-error.ts'
import { finishImport, KV_FILE, pluginFolder, removeData } from '../plugin-folder.ts'
import { RecentlyUsed } from '../recently-used.ts'
import { makeCursor } from '../texts.ts'
import { type KvDatabase, type KvListRow, openKvDatabase } from './kv-database.ts'
import { parseDelete, parseIncrement, parseKey, parseList, parsePut } from './kv-request.ts'

export interface KvEngineOptions {
  /** The folder of plugin data: each plugin has a folder of its own below it. */
  readonly folder: string
  /** The clock: milliseconds since the epoch. `Date.now` by default. */
  readonly now?: () => number
  /** Maximum number of open files; the least recently used one is closed first. 64 by default. */
  readonly maxOpen?: number
}

export interface KvCall {
  readonly pluginId: string
  readonly method: string
  readonly args: readonly unknown[]
  readonly body: Uint8Array | undefined
  /** Bytes of keys, values and metadata that the plugin may store. */
  readonly quotaBytes: number
}

export interface KvReply {
  /**
   * JSON. `kv.get` {found, metadata?, version?} · `kv.put` {version}, null when the condition failed · `kv.delete` whether it
   * held · `kv.increment` the number · `kv.list` {keys, list_complete, cursor?}
   */
  readonly head: unknown
  /** The value, for a `kv.get` that found one. */
  readonly body?: Uint8Array
}

export interface KvEngine {
  /**
   * Executes `kv.get [key]`, `kv.put [key, {expiration?, expirationTtl?, metadata?, ifVersion?}]` with the value as body,
   * `kv.increment [key, by?, {expiration?, expirationTtl?}?]`, `kv.delete [key, {ifVersion?}?]` or `kv.list [{prefix?, limit?,
   * cursor?}]`.
   * @throws DataError HOST_CALL_INVALID, HOST_CALL_UNKNOWN, QUOTA_EXCEEDED, STORE_FULL, STORE_READ_ONLY, HOST_CALL_FAILED
   */
  handle(call: KvCall): KvReply
  /** Closes the plugin's file, if it is open; the next operation reopens it. */
  close(pluginId: string): void
  closeAll(): void
  /** Deletes the plugin's data. */
  remove(pluginId: string): void
}

const MAX_OPEN = 64
/** A page of a list ends early when it would become larger than this; see `list_complete`. */
const MAX_PAGE_BYTES = 500_000

export function openKvEngine(options: KvEngineOptions): KvEngine {
  const now = options.now ?? Date.now
  const maxOpen = options.maxOpen ?? MAX_OPEN
  const open = new RecentlyUsed<KvDatabase>(maxOpen, (database) => database.close())

  const folderOf = (pluginId: string): string => pluginFolder(options.folder, pluginId)

  function databaseOf(pluginId: string): KvDatabase {
    const known = open.get(pluginId)
    if (known !== undefined) return known
    const database = openFile(folderOf(pluginId))
    open.add(pluginId, database)
    return database
  }

  return {
    handle(call) {
      folderOf(call.pluginId)
      const operation = operationOf(call, now())
      try {
        return operation(databaseOf(call.pluginId))
      } catch (error) {
        if (error instanceof DataError) throw error
        // Whatever it was, the next operation starts with a freshly opened file.
        open.delete(call.pluginId)
        const disk = diskErrorOf(error)
        if (disk !== undefined) throw disk
        const reason = error instanceof Error ? error.message : String(error)
        throw new DataError(
          'HOST_CALL_FAILED',
          `The storage of plugin "${call.pluginId}" failed: ${reason}`,
          error,
        )
      }
    },

    close: (pluginId) => open.delete(pluginId),

    closeAll: () => open.clear(),

    remove(pluginId) {
      const folder = folderOf(pluginId)
      open.delete(pluginId)
      removeData(folder, KV_FILE)
    },
  }
}

function openFile(home: string): KvDatabase {
  finishImport(home)
  return openKvDatabase(join(home, KV_FILE))
}

type Operation = (call: KvCall, now: number) => (database: KvDatabase) => KvReply

/** Each parses the arguments; the function it returns needs only the database. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'kv.get': ({ args }, now) => {
    const key = parseKey(args[0])
    return (database) => {
      const row = database.get(key, now)
      if (row === undefined) return { head: { found: false } }
      return { head: { found: true, version: row.version, ...metadataOf(row) }, body: row.value }
    }
  },
  'kv.put': ({ args, body = new Uint8Array(), quotaBytes }, now) => {
    const entry = parsePut(args, body, now)
    return (database) => {
      const version = database.put(entry, { quotaBytes, now })
      return { head: version === undefined ? null : { version } }
    }
  },
  'kv.increment': ({ args, quotaBytes }, now) => {
    const counter = parseIncrement(args, now)
    return (database) => ({ head: database.increment(counter, { quotaBytes, now }) })
  },
  'kv.delete': ({ args }, now) => {
    const { key, condition } = parseDelete(args)
    return (database) => ({ head: database.delete(key, condition, now) })
  },
  'kv.list': ({ args }, now) => {
    const query = parseList(args)
    return (database) => ({ head: pageOf(database.list(query, now), query.limit) })
  },
}

function operationOf(call: KvCall, now: number): (database: KvDatabase) => KvReply {
  const operation = Object.hasOwn(OPERATIONS, call.method) ? OPERATIONS[call.method] : undefined
  if (operation === undefined)
    throw new DataError('HOST_CALL_UNKNOWN', `There is no host call "${call.method}"`)
  return operation(call, now)
}

function pageOf(rows: Iterable<KvListRow>, limit: number): unknown {
  const keys: unknown[] = []
  let last: Uint8Array | undefined
  let bytes = 0
  for (const row of rows) {
    if (last !== undefined && (keys.length === limit || bytes > MAX_PAGE_BYTES)) {
      return { keys, list_complete: false, cursor: makeCursor(last) }
    }
    keys.push({
      name: Buffer.from(row.key).toString(),
      ...(row.expiresAtMs === null ? {} : { expiration: Math.ceil(row.expiresAtMs / 1000) }),
      ...metadataOf(row),
    })
    bytes += row.key.length + (row.metadata?.length ?? 0)
    last = row.key
  }
  return { keys, list_complete: true }
}

function metadataOf(row: { readonly metadata: string | null }): { readonly metadata?: unknown } {
  return row.metadata === null ? {} : { metadata: JSON.parse(row.metadata) }
}
