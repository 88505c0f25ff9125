// One plugin's keys and values, in one SQLite file.
// Invariant: `usage.bytes` is the sum of `size` over all rows, and changes in the same transaction as they do.

import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { DataError, hasSpace, isOutOfSpace } from '../data-error.ts'
import { openDatabaseFile } from '../database-file.ts'
import { inTransaction } from '../transaction.ts'
import type { KvCondition, KvIncrement, KvListQuery, KvPut } from './kv-request.ts'

export interface KvRow {
  readonly value: Uint8Array
  readonly metadata: string | null
  readonly version: string
}

export interface KvWriteOptions {
  readonly quotaBytes: number
  readonly now: number
}

export interface KvListRow {
  readonly key: Uint8Array
  readonly metadata: string | null
  readonly expiresAtMs: number | null
}

export interface KvDatabase {
  get(key: Uint8Array, now: number): KvRow | undefined
  /** The new version; undefined when the condition failed. @throws DataError QUOTA_EXCEEDED; nothing has changed then */
  put(entry: KvPut, options: KvWriteOptions): string | undefined
  /** The new value. @throws DataError HOST_CALL_INVALID when the stored value is not a whole number, QUOTA_EXCEEDED */
  increment(counter: KvIncrement, options: KvWriteOptions): number
  /** False when the condition failed. */
  delete(key: Uint8Array, condition: string | undefined, now: number): boolean
  /** Live rows in byte order, one more than `limit` if there are more. */
  list(query: KvListQuery, now: number): IterableIterator<KvListRow>
  close(): void
}

// SQLite reads columns before `value` without its overflow pages. Keys are blobs, so they sort by their bytes.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS kv (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    expires_at_ms INTEGER,
    metadata TEXT,
    version INTEGER NOT NULL DEFAULT 0,
    value BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS kv_expiry ON kv (expires_at_ms) WHERE expires_at_ms IS NOT NULL;
  CREATE TABLE IF NOT EXISTS usage (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    bytes INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT OR IGNORE INTO usage (id, bytes) VALUES (1, 0);
`

const PAGE_BYTES = 4096
/** Rows, indexes and free pages come on top of what the quota counts; many tiny values cost most. */
const FILE_FACTOR = 4
const FILE_EXTRA_BYTES = 4_000_000
/** Expired rows removed with each write: more than one write can add, so they never pile up. */
const PURGE_STEP = 20

/** In bytes. */
export function largestKvFile(quotaBytes: number): number {
  return quotaBytes * FILE_FACTOR + FILE_EXTRA_BYTES
}

/** @throws SQLite's or the system's error */
export function openKvDatabase(file: string): KvDatabase {
  const database = openDatabaseFile(file, {
    pageBytes: PAGE_BYTES,
    prepare: (opened) =>
      inTransaction(opened, () => {
        opened.exec(SCHEMA)
        for (const table of ['kv', 'usage']) addVersion(opened, table)
      }),
  })
  try {
    return createKvDatabase(database, file)
  } catch (error) {
    database.close()
    throw error
  }
}

function createKvDatabase(database: DatabaseSync, file: string): KvDatabase {
  const statements = prepare(database)
  let quotaOfFile = -1

  /** A second limit behind the quota: the file itself cannot outgrow it by much, whatever the rows look like. */
  function limitFile(quotaBytes: number): void {
    if (quotaBytes === quotaOfFile) return
    const pages = Math.ceil(largestKvFile(quotaBytes) / PAGE_BYTES)
    database.exec(`PRAGMA max_page_count = ${pages}`)
    quotaOfFile = quotaBytes
  }

  function purgeSome(now: number): void {
    const removed = statements.purgeSome.all(now, PURGE_STEP)
    if (removed.length > 0) statements.addUsage.run(-removed.reduce((sum, row) => sum + numberIn(row), 0))
  }

  function purgeAll(now: number): void {
    statements.addUsage.run(-numberIn(statements.expiredBytes.get(now)))
    statements.purgeAll.run(now)
  }

  /** By how much storing `size` bytes under the key would change the usage, and the resulting usage. */
  function usageWith(key: Uint8Array, size: number): { readonly growth: number; readonly bytes: number } {
    const existing = statements.size.get(key)
    const growth = size - (existing === undefined ? 0 : numberIn(existing))
    return { growth, bytes: numberIn(statements.usage.get()) + growth }
  }

  function isAsWanted(key: Uint8Array, condition: KvCondition, now: number): boolean {
    if (condition === undefined) return true
    const row = statements.version.get(key, now)
    return condition === null ? row === undefined : row !== undefined && String(numberIn(row)) === condition
  }

  function write(entry: Omit<KvPut, 'condition'>, options: KvWriteOptions): string {
    const size = sizeOf(entry)
    // A plugin that is over a lowered quota may still reduce its usage.
    const isTooMuch = (usage: { growth: number; bytes: number }) =>
      usage.growth > 0 && usage.bytes > options.quotaBytes
    purgeSome(options.now)
    let usage = usageWith(entry.key, size)
    if (isTooMuch(usage)) {
      // Expired keys are invisible to the plugin, so they must not count for its quota.
      purgeAll(options.now)
      usage = usageWith(entry.key, size)
    }
    if (isTooMuch(usage)) {
      throw new DataError(
        'QUOTA_EXCEEDED',
        `The storage of the plugin would hold ${usage.bytes} bytes: at most ${options.quotaBytes} are allowed`,
      )
    }
    // Never the same twice in one file, so a key that was deleted and recreated has a new version.
    const version = numberIn(statements.addUsageAndVersion.get(usage.growth))
    statements.put.run(entry.key, size, entry.expiresAtMs, entry.metadata, version, entry.value)
    return String(version)
  }

  function writing<T>(options: KvWriteOptions, work: () => T): T {
    limitFile(options.quotaBytes)
    try {
      return inTransaction(database, work)
    } catch (error) {
      if (isOutOfSpace(error) && (isFileAtLimit(database) || hasSpace(dirname(file)))) {
        throw new DataError('QUOTA_EXCEEDED', 'The storage of the plugin holds too many small values', error)
      }
      throw error
    }
  }

  return {
    get(key, now) {
      const row = statements.get.get(key, now)
      if (row === undefined) return undefined
      const [metadata, version, value] = rowOf(row)
      return { value: bytesOf(value), metadata: textOf(metadata), version: String(numberOf(version)) }
    },

    put: (entry, options) =>
      writing(options, () =>
        isAsWanted(entry.key, entry.condition, options.now) ? write(entry, options) : undefined,
      ),

    increment: ({ key, by, expiresAtMs }, options) =>
      writing(options, () => {
        const row = statements.counter.get(key, options.now)
        const [expires, metadata, value] = row === undefined ? [] : rowOf(row)
        const count = (row === undefined ? 0 : countOf(bytesOf(value))) + by
        if (!Number.isSafeInteger(count))
          throw new DataError('HOST_CALL_INVALID', 'The counter would be too large')
        // An existing counter keeps its expiration: a time window does not move with what is counted in it.
        const kept =
          row === undefined
            ? { metadata: null, expiresAtMs }
            : { metadata: textOf(metadata), expiresAtMs: timeOf(expires) }
        write({ key, value: Buffer.from(String(count)), ...kept }, options)
        return count
      }),

    delete(key, condition, now) {
      // Without a row there is nothing to write, so the disk need not be waited for.
      if (statements.size.get(key) === undefined) return condition === undefined
      return inTransaction(database, () => {
        if (!isAsWanted(key, condition, now)) return false
        const removed = statements.delete.get(key)
        if (removed !== undefined) statements.addUsage.run(-numberIn(removed))
        return true
      })
    },

    *list(query, now) {
      const { from, inclusive, to } = rangeOf(query)
      const statement = inclusive ? statements.listFrom : statements.listAfter
      for (const row of statement.iterate(from, to, now, query.limit + 1)) {
        const [name, metadata, expires] = rowOf(row)
        yield { key: bytesOf(name), metadata: textOf(metadata), expiresAtMs: timeOf(expires) }
      }
    },

    close: () => database.close(),
  }
}

type StatementName =
  | 'get'
  | 'size'
  | 'version'
  | 'counter'
  | 'put'
  | 'delete'
  | 'purgeSome'
  | 'purgeAll'
  | 'expiredBytes'
  | 'usage'
  | 'addUsage'
  | 'addUsageAndVersion'
  | 'listFrom'
  | 'listAfter'

function prepare(database: DatabaseSync): Readonly<Record<StatementName, StatementSync>> {
  const live = '(expires_at_ms IS NULL OR expires_at_ms > ?)'
  const expired = 'expires_at_ms IS NOT NULL AND expires_at_ms <= ?'
  const listed = 'SELECT key, metadata, expires_at_ms FROM kv'
  const sql = (text: string) => prepareOne(database, text)
  return {
    get: sql(`SELECT metadata, version, value FROM kv WHERE key = ? AND ${live}`),
    version: sql(`SELECT version FROM kv WHERE key = ? AND ${live}`),
    counter: sql(`SELECT expires_at_ms, metadata, value FROM kv WHERE key = ? AND ${live}`),
    size: sql('SELECT size FROM kv WHERE key = ?'),
    // An empty view is bound as NULL.
    put: sql(`INSERT INTO kv (key, size, expires_at_ms, metadata, version, value)
      VALUES (?, ?, ?, ?, ?, ifnull(?, x''))
      ON CONFLICT (key) DO UPDATE SET size = excluded.size, expires_at_ms = excluded.expires_at_ms,
        metadata = excluded.metadata, version = excluded.version, value = excluded.value`),
    delete: sql('DELETE FROM kv WHERE key = ? RETURNING size'),
    purgeSome: sql(`DELETE FROM kv WHERE id IN (SELECT id FROM kv WHERE ${expired} LIMIT ?) RETURNING size`),
    purgeAll: sql(`DELETE FROM kv WHERE ${expired}`),
    expiredBytes: sql(`SELECT ifnull(sum(size), 0) FROM kv WHERE ${expired}`),
    usage: sql('SELECT bytes FROM usage WHERE id = 1'),
    addUsage: sql('UPDATE usage SET bytes = bytes + ? WHERE id = 1'),
    addUsageAndVersion: sql(
      'UPDATE usage SET bytes = bytes + ?, version = version + 1 WHERE id = 1 RETURNING version',
    ),
    listFrom: sql(`${listed} WHERE key >= ? AND key < ? AND ${live} ORDER BY key LIMIT ?`),
    listAfter: sql(`${listed} WHERE key > ? AND key < ? AND ${live} ORDER BY key LIMIT ?`),
  }
}

/** Rows are arrays: each row that is an object costs 72 bytes of the old generation, for its hidden class (node:sqlite, 26.10). */
function prepareOne(database: DatabaseSync, text: string): StatementSync {
  return database.prepare(text, { returnArrays: true })
}

/** Migrates files from before there were versions. */
function addVersion(database: DatabaseSync, table: string): void {
  const columns = database.prepare(`PRAGMA table_info(${table})`).all()
  if (columns.some(({ name }) => name === 'version')) return
  database.exec(`ALTER TABLE ${table} ADD COLUMN version INTEGER NOT NULL DEFAULT 0`)
}

/** @throws DataError HOST_CALL_INVALID */
function countOf(value: Uint8Array): number {
  const text = Buffer.from(value).toString()
  const count = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(count))
    throw new DataError('HOST_CALL_INVALID', 'The value is not a whole number')
  return count
}

function isFileAtLimit(database: DatabaseSync): boolean {
  const pages = numberIn(prepareOne(database, 'PRAGMA page_count').get())
  const limit = numberIn(prepareOne(database, 'PRAGMA max_page_count').get())
  // A value needs up to 250 pages at once, so the limit takes effect before it is reached.
  return pages + 300 >= limit
}

/** What an entry counts for the quota. */
export function sizeOf(entry: Pick<KvPut, 'key' | 'value' | 'metadata'>): number {
  return (
    entry.key.length + entry.value.length + (entry.metadata === null ? 0 : Buffer.byteLength(entry.metadata))
  )
}

/** The half-open range of keys for a query. */
function rangeOf(query: KvListQuery): {
  readonly from: Uint8Array
  readonly inclusive: boolean
  readonly to: Uint8Array
} {
  const to = Buffer.from(query.prefix.length === 0 ? [0xff] : query.prefix)
  // No byte of UTF-8 is 0xff, so the last byte of a prefix can be incremented, and 0xff ends the range of all keys.
  if (query.prefix.length > 0) to[to.length - 1] = (to[to.length - 1] ?? 0) + 1
  if (query.after !== undefined) return { from: query.after, inclusive: false, to }
  return query.prefix.length === 0
    ? { from: Buffer.from([0]), inclusive: true, to }
    : { from: query.prefix, inclusive: true, to }
}

/** What a statement gives is typed as if rows were objects. */
function rowOf(row: unknown): readonly unknown[] {
  if (!Array.isArray(row)) throw new TypeError('A row is not an array')
  return row
}

/** The first column of a row. */
function numberIn(row: unknown): number {
  return numberOf(rowOf(row)[0])
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('A column holds no number')
  return value
}

function bytesOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('A column holds no bytes')
  return value
}

function timeOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
