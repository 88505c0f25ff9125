// An exclusive lock on a file that ends with the process: a SQLite lock, which the operating system releases on any death.
// Invariant: this process opens the file in no other way; closing any of its descriptors would drop the POSIX lock.

import SqliteDatabase from 'better-sqlite3'
import { codeOf } from '../store-error.ts'

/**
 * Acquires the lock without waiting.
 * @param file created when missing; it holds no data
 * @returns the function that releases it, or undefined when this or another process holds it
 * @throws SQLite's error when the file cannot be opened or locked
 */
export function holdExclusively(file: string): (() => void) | undefined {
  const database = new SqliteDatabase(file, { timeout: 0 })
  try {
    database.pragma('locking_mode = EXCLUSIVE')
    // Never committed: the lock of this transaction is the hold.
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (codeOf(error) === 'SQLITE_BUSY') return undefined
    throw error
  }
  return () => {
    database.close()
  }
}
