// An exclusive hold on a file that ends with the process: a SQLite lock, which the operating system drops on any death.
// Invariant: nobody in this process opens the file by other means; closing any descriptor of it would drop a POSIX lock.

import SqliteDatabase from 'better-sqlite3'
import { codeOf } from '../store-error.ts'

/**
 * Takes the hold without waiting.
 * @param file made when missing; holds nothing
 * @returns the function that gives it back, or undefined when another process, or this one, has it
 * @throws SQLite's error when the file cannot be opened or locked
 */
export function holdExclusively(file: string): (() => void) | undefined {
  const database = new SqliteDatabase(file, { timeout: 0 })
  try {
    database.pragma('locking_mode = EXCLUSIVE')
    // Left open for good: the lock of this transaction is the hold.
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
