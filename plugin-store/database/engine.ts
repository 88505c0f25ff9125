// The database of the store: Kysely on better-sqlite3, one file, one connection.
// Invariant: a resolved `transaction` is on disk (WAL with synchronous=FULL) if the store flushes; a rejected one changed
// nothing.

import { open } from 'node:fs/promises'
import SqliteDatabase from 'better-sqlite3'
import { StoreError, toStoreError } from '../store-error.ts'
import { StoreDialect } from './dialect.ts'
import { Kysely, sql } from './kysely.ts'
import { migrate } from './migrations.ts'
import type { Tables } from './tables.ts'

export type Db = Kysely<Tables>

/** As user_version of the file: it holds nothing that was deleted before deleting meant overwriting. */
const CLEAN = 1

interface EngineOptions {
  readonly flush: boolean
}

export interface Engine {
  /** Runs one query, or several that need no common snapshot. Rejects with a StoreError. */
  read<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** Runs `work` in one transaction. Rejects with a StoreError. */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** Records, in the caller's transaction, that the file may still hold what was deleted. */
  markUnclean(db: Db): Promise<void>
  /** Rewrites the file and empties its log when they may hold what was deleted; otherwise does nothing. */
  clean(): Promise<void>
  /** Waits for running work. Later work is refused. */
  close(): Promise<void>
}

/**
 * Opens or creates the database and migrates its schema to the newest version.
 * @param file absolute path; its folder exists
 * @param options.flush without it, a power cut may undo the last transactions, but never half of one
 * @throws StoreError STORE_FULL, or INTERNAL when the file cannot be written or is not a database of this store
 */
export async function openEngine(file: string, options: EngineOptions = { flush: true }): Promise<Engine> {
  const doing = `Cannot open the store "${file}"`
  const db = await connect(file, options).catch((error: unknown) => {
    throw toStoreError(error, doing)
  })
  try {
    await migrate(db)
  } catch (error) {
    await db.destroy()
    throw toStoreError(error, doing)
  }
  return createEngine(db)
}

async function connect(file: string, { flush }: EngineOptions): Promise<Db> {
  // The file holds values of settings, so only the owner may read it, whatever the umask; SQLite gives its companion files (-wal,
  // -shm) the same mode.
  await (await open(file, 'a', 0o600)).close()
  const database = new SqliteDatabase(file, { timeout: 5000 })
  try {
    database.pragma('journal_mode = WAL')
    database.pragma(`synchronous = ${flush ? 'FULL' : 'NORMAL'}`)
    database.pragma('foreign_keys = ON')
    // Deleted content is overwritten: a copy of the file must not hold the secrets of yesterday.
    database.pragma('secure_delete = ON')
    // Disables functions and virtual tables that a crafted schema could call.
    database.pragma('trusted_schema = OFF')
  } catch (error) {
    database.close()
    throw error
  }
  return new Kysely<Tables>({ dialect: new StoreDialect(database) })
}

function createEngine(db: Db): Engine {
  const underWay = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  async function run<T>(work: () => Promise<T>): Promise<T> {
    if (closing !== undefined) throw new StoreError('INTERNAL', 'The store is closed')
    const running = work()
    underWay.add(running)
    try {
      return await running
    } catch (error) {
      throw toStoreError(error, 'The store could not carry this out')
    } finally {
      underWay.delete(running)
    }
  }

  return {
    read: (work) => run(() => work(db)),
    transaction: (work) => run(() => db.transaction().execute(work)),
    markUnclean: async (transaction) => {
      await sql`PRAGMA user_version = 0`.execute(transaction)
    },
    clean: () =>
      run(() =>
        // One connection for all: nothing may be marked between the rewriting and its record.
        db.connection().execute(async (connection) => {
          const { rows } = await sql<{ user_version: number }>`PRAGMA user_version`.execute(connection)
          if (rows[0]?.user_version === CLEAN) return
          await sql`VACUUM`.execute(connection)
          await sql.raw(`PRAGMA user_version = ${CLEAN}`).execute(connection)
          await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(connection)
        }),
      ),
    close() {
      closing ??= Promise.allSettled(underWay).then(() => db.destroy())
      return closing
    },
  }
}
