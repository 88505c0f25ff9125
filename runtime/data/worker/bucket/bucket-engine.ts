// The engine behind env.files: selects the plugin's bucket for a call, and parses what crosses the wall.
// Invariant: it touches no content, only what is known of it; the runtime places and removes the files of contents.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type ArrivedContent, BUCKET_FILE } from '../../../../sdk/protocol/bucket-wire.ts'
import { DataError, diskErrorOf } from '../data-error.ts'
import { finishImport, pluginFolder, removeData } from '../plugin-folder.ts'
import { RecentlyUsed } from '../recently-used.ts'
import { parseOptions } from '../texts.ts'
import { BucketDatabase } from './bucket-database.ts'
import {
  parseCondition,
  parseDigests,
  parseKey,
  parseKeys,
  parseList,
  parseMetadata,
  parsePartNumber,
  parseParts,
  parseUploadId,
  parseUploadName,
} from './bucket-request.ts'
import type { InUse } from './bucket-types.ts'

export interface BucketCall {
  readonly pluginId: string
  readonly method: string
  readonly args: readonly unknown[]
  readonly body: Uint8Array | undefined
  /** Bytes that the plugin's files may take. */
  readonly quotaBytes: number
}

export interface BucketEngine {
  /** @throws DataError HOST_CALL_INVALID, NOT_FOUND, QUOTA_EXCEEDED, STORE_FULL, STORE_READ_ONLY, HOST_CALL_FAILED */
  handle(call: BucketCall): { readonly head: unknown }
  close(pluginId: string): void
  /** Deletes what is known of the plugin's files. */
  remove(pluginId: string): void
}

const MAX_OPEN = 32

export interface BucketEngineOptions {
  readonly folder: string
  /** The clock: milliseconds since the epoch. `Date.now` by default. */
  readonly now?: () => number
}

export function openBucketEngine({ folder, now = Date.now }: BucketEngineOptions): BucketEngine {
  const open = new RecentlyUsed<BucketDatabase>(MAX_OPEN, (database) => database.close())

  const databaseOf = (pluginId: string): BucketDatabase => {
    const known = open.get(pluginId)
    if (known !== undefined) return known
    const home = pluginFolder(folder, pluginId)
    finishImport(home)
    const database = new BucketDatabase(join(home, BUCKET_FILE))
    open.add(pluginId, database)
    return database
  }

  return {
    handle(call) {
      pluginFolder(folder, call.pluginId)
      const operation = Object.hasOwn(OPERATIONS, call.method) ? OPERATIONS[call.method] : undefined
      if (operation === undefined)
        throw new DataError('HOST_CALL_UNKNOWN', `There is no host call "${call.method}"`)
      const run = operation(call, now())
      try {
        return { head: run(databaseOf(call.pluginId)) ?? null }
      } catch (error) {
        if (error instanceof DataError) throw error
        // Whatever it was, the next operation starts with a freshly opened file.
        open.delete(call.pluginId)
        const reason = error instanceof Error ? error.message : String(error)
        throw (
          diskErrorOf(error) ??
          new DataError('HOST_CALL_FAILED', `The files of plugin "${call.pluginId}" failed: ${reason}`, error)
        )
      }
    },

    close: (pluginId) => open.delete(pluginId),

    remove(pluginId) {
      const home = pluginFolder(folder, pluginId)
      open.delete(pluginId)
      removeData(home, BUCKET_FILE)
    },
  }
}

type Operation = (call: BucketCall, now: number) => (database: BucketDatabase) => unknown

/** Each parses the arguments; the function it returns needs only the database. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'bucket.head': ({ args }) => {
    const key = parseKey(args[0])
    return (database) => database.head(key)
  },
  'bucket.list': ({ args }) => {
    const query = parseList(args[0])
    return (database) => database.list(query)
  },
  'bucket.delete': ({ args }, now) => {
    const keys = parseKeys(args[0])
    return (database) => database.delete(keys, now)
  },
  'bucket.createUpload': ({ args, quotaBytes }, now) => {
    const key = parseKey(args[0])
    const meta = parseMetadata(args[1])
    const id = randomUUID()
    return (database) => {
      database.createUpload(id, key, meta, { quotaBytes, now })
      return id
    }
  },
  'bucket.openUpload': ({ args, quotaBytes }, now) => {
    const key = parseKey(args[0])
    const id = parseUploadName(args[1], key)
    const begin = args[2] === null ? undefined : parseMetadata(args[2])
    return (database) => database.openUpload(id, key, begin, { quotaBytes, now })
  },
  'bucket.complete': ({ args, body, quotaBytes }, now) => {
    const key = parseKey(args[0])
    const id = parseUploadId(args[1])
    const parts = parseParts(body)
    return (database) => database.complete(id, key, parts, { quotaBytes, now })
  },
  'bucket.abort': ({ args }) => {
    const key = parseKey(args[0])
    const id = parseUploadId(args[1])
    return (database) => database.abort(id, key)
  },
  // From here on, the runtime has made the arguments, but for keys and options.
  'bucket.room': ({ args, quotaBytes }) => {
    const key = parseKey(args[0])
    const condition = parseCondition(parseOptions(args[1]).onlyIf)
    parseMetadata(args[1])
    return (database) => database.room(key, condition, quotaBytes)
  },
  'bucket.used': () => (database) => database.used(),
  'bucket.put': ({ args, quotaBytes }, now) => {
    const key = parseKey(args[0])
    const condition = parseCondition(parseOptions(args[1]).onlyIf)
    const content = args[2] as ArrivedContent
    const meta = { ...parseMetadata(args[1]), ...parseDigests(content.digests) }
    return (database) => database.put(key, { condition, meta, content }, { quotaBytes, now })
  },
  'bucket.putPart': ({ args, quotaBytes }, now) => {
    const key = parseKey(args[0])
    const id = parseUploadId(args[1])
    const number = parsePartNumber(args[2])
    const content = args[3] as ArrivedContent
    return (database) => database.putPart({ id, key }, { number, content }, { quotaBytes, now })
  },
  'bucket.segments': ({ args }) => {
    const [id, start, length] = args.map(Number) as [number, number, number]
    return (database) => database.segments(id, start, length)
  },
  'bucket.collect': ({ body }, now) => {
    const inUse = JSON.parse(Buffer.from(body ?? []).toString()) as InUse
    return (database) => database.collect(inUse, now)
  },
}
