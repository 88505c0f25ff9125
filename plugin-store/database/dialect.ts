// Kysely's SQLite dialect, with one correction.
// Invariant: the caller sees the error that ended its transaction.

import type { Database } from 'better-sqlite3'
import type { DatabaseConnection, Driver } from 'kysely'
import { SqliteDialect, SqliteDriver } from './kysely.ts'

export class StoreDialect extends SqliteDialect {
  readonly #database: Database

  constructor(database: Database) {
    super({ database })
    this.#database = database
  }

  override createDriver(): Driver {
    return new StoreDriver(this.#database)
  }
}

class StoreDriver extends SqliteDriver {
  readonly #database: Database

  constructor(database: Database) {
    super({ database })
    this.#database = database
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // On a full disk and on some I/O errors SQLite has already rolled back; a second ROLLBACK would fail and hide the cause.
    if (this.#database.inTransaction) await super.rollbackTransaction(connection)
  }
}
