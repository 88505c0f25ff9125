// Restores the keys and values of a snapshot: reads them as untrusted input, and stores them in a new file.
// Invariant: only rows that env.kv itself could have written enter the new file.

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { sqliteCode } from '../db/db-errors.ts'
import { openKvDatabase, sizeOf } from '../kv/kv-database.ts'
import { type KvEntry, parseStored } from '../kv/kv-request.ts'
import { openReceived } from './received-database.ts'
import { damaged, tooLarge } from './snapshot-format.ts'

export interface RestoreKvOptions {
  /** The imported file; undefined if there is none. */
  readonly from: string | undefined
  readonly to: string
  readonly quotaBytes: number
  /** Milliseconds since the epoch; rows that have expired by then are omitted. */
  readonly now: number
}

const BATCH_ROWS = 1000
const SQLITE_CONSTRAINT = 19

/** Returns the bytes that count for the quota. @throws DataError SNAPSHOT_INVALID, BODY_TOO_LARGE, or SQLite's error */
export function restoreKv({ from, to, quotaBytes, now }: RestoreKvOptions): number {
  openKvDatabase(to).close()
  if (from === undefined) return 0
  const source = openReceived(from, ['kv'], 'keys and values')
  // The runtime flushes the file when it is complete.
  const target = new DatabaseSync(to)
  target.exec('PRAGMA synchronous = OFF')
  try {
    return copyRows(readRows(source, now), { target, quotaBytes, lastVersion: lastVersionOf(source) })
  } finally {
    source.close()
    target.close()
  }
}

function* readRows(source: DatabaseSync, now: number): Generator<KvEntry> {
  const statement = source.prepare('SELECT key, value, metadata, expires_at_ms, version FROM kv')
  for (const row of statement.iterate()) {
    const entry = parseStored(row)
    if (entry === undefined) throw damaged('it holds a key or a value that no plugin could have stored')
    if (entry.expiresAtMs === null || entry.expiresAtMs > now) yield entry
  }
}

/** Versions continue from where they were, so none is issued twice. */
function lastVersionOf(source: DatabaseSync): number {
  const [row] = source.prepare('SELECT version FROM usage WHERE id = 1').all()
  return typeof row?.version === 'number' && Number.isSafeInteger(row.version) ? row.version : 0
}

interface RowsTarget {
  readonly target: DatabaseSync
  readonly quotaBytes: number
  readonly lastVersion: number
}

function copyRows(entries: Iterable<KvEntry>, { target, quotaBytes, lastVersion }: RowsTarget): number {
  const insert = target.prepare(
    "INSERT INTO kv (key, size, expires_at_ms, metadata, version, value) VALUES (?, ?, ?, ?, ?, ifnull(?, x''))",
  )
  let bytes = 0
  let version = lastVersion
  let rows = 0
  target.exec('BEGIN')
  for (const entry of entries) {
    const size = sizeOf(entry)
    bytes += size
    if (bytes > quotaBytes)
      throw tooLarge(`It holds more than the ${quotaBytes} bytes of keys and values that are allowed`)
    version = Math.max(version, entry.version)
    store(insert, entry, size)
    if (++rows % BATCH_ROWS === 0) target.exec('COMMIT; BEGIN')
  }
  target.prepare('UPDATE usage SET bytes = ?, version = ? WHERE id = 1').run(bytes, version)
  target.exec('COMMIT')
  return bytes
}

function store(insert: StatementSync, entry: KvEntry, size: number): void {
  const { key, value, metadata, expiresAtMs, version } = entry
  try {
    insert.run(key, size, expiresAtMs, metadata, version, value)
  } catch (error) {
    throw sqliteCode(error) === SQLITE_CONSTRAINT ? damaged('a key is in it twice', error) : error
  }
}
