// A SQLite file of a plugin that only this code writes statements for: keys and values, or a bucket.
// Invariant: this process has no other connection to the file; closing the first descriptor would drop its locks.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Opens the file, creating it and its folder if missing.
 * @param prepare makes the tables; the file is closed when it throws
 * @throws SQLite's or the system's error
 */
export function openDatabaseFile(
  file: string,
  { pageBytes = 4096, prepare }: { readonly pageBytes?: number; prepare(database: DatabaseSync): void },
): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // With SQLite's default it could be readable for others, depending on the umask. -wal and -shm get this file's mode.
  closeSync(openSync(file, 'a', 0o600))
  const database = new DatabaseSync(file, {
    timeout: 5000,
    defensive: true,
    limits: { length: 2_000_000, attach: 0, triggerDepth: 0 },
  })
  try {
    database.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 4000000')
    prepare(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
