// A copy of an SQLite database that others write to meanwhile, by SQLite's online backup.
// Invariant: the copy is the database as of one moment, complete in itself, whatever is written before it is finished.

import { backup, DatabaseSync } from 'node:sqlite'

/** Pages of one step; other work of the process runs between two steps. */
const STEP_PAGES = 2000
/** How long to wait for others who write. */
const BUSY_MS = 10_000

/** @throws SQLite's error */
export async function copyDatabase(path: string, copy: string): Promise<void> {
  const database = openPinned(path)
  try {
    await backup(database, copy, { rate: STEP_PAGES })
  } finally {
    database.close()
  }
  leaveWal(copy)
}

/**
 * A transaction that has read keeps seeing the database as it was then: https://sqlite.org/isolation.html. Without it, the copy
 * would start again at every write of another process, and never end while one writes without rest.
 */
export function openPinned(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS, defensive: true, limits: { attach: 0 } })
  try {
    database.exec('PRAGMA trusted_schema = OFF; BEGIN')
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** A file in WAL mode needs two companion files; a copy must be complete in itself. */
export function leaveWal(path: string): void {
  const database = new DatabaseSync(path, { defensive: true, limits: { attach: 0 } })
  try {
    database.exec('PRAGMA journal_mode = DELETE')
  } finally {
    database.close()
  }
}
