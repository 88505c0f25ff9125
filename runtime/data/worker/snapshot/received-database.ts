// A database of a snapshot that someone has sent: opened for reading plain tables, and nothing else.
// Invariant: no SQL of the file runs, since a view or a trigger could be in the place of a table.

import { constants, DatabaseSync } from 'node:sqlite'
import { damaged } from './snapshot-format.ts'

const READS: ReadonlySet<number> = new Set([constants.SQLITE_SELECT, constants.SQLITE_READ])

/** @param what completes "its … do not hold together". @throws DataError SNAPSHOT_INVALID, or SQLite's error */
export function openReceived(file: string, tables: readonly string[], what: string): DatabaseSync {
  const database = new DatabaseSync(file, { defensive: true, limits: { length: 2_000_000, attach: 0 } })
  try {
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA journal_mode = DELETE')
    const [row] = database.prepare('PRAGMA integrity_check(1)').all()
    if (row?.integrity_check !== 'ok') throw damaged(`its ${what} do not hold together`)
    const find = database.prepare('SELECT type FROM sqlite_schema WHERE name = ? AND rootpage > 0')
    if (tables.some((table) => find.get(table)?.type !== 'table')) throw damaged(`it has no ${what}`)
    database.setAuthorizer((action) => (READS.has(action) ? constants.SQLITE_OK : constants.SQLITE_DENY))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
