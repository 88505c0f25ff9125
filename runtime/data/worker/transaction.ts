// One transaction of node:sqlite: all of the work, or nothing.

import type { DatabaseSync } from 'node:sqlite'

export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has already rolled back when the disk was full.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
