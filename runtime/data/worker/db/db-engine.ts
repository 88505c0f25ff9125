// The engine behind env.db: selects the plugin's file for an operation, and translates its errors.
// Invariant: a path is formed from a plugin id only after the id has been checked.

import { join } from 'node:path'
import { DataError, diskErrorOf } from '../data-error.ts'
import { DB_FILE, finishImport, pluginFolder, removeData } from '../plugin-folder.ts'
import { RecentlyUsed } from '../recently-used.ts'
import { type Batch, DbCursors } from './db-cursor.ts'
import { DbDatabase } from './db-database.ts'
import { migrate, migrationState, parseMigrations } from './db-migrations.ts'
import { parseStatements } from './db-request.ts'

export interface DbEngineOptions {
  /** The folder of plugin data: each plugin has a folder of its own below it. */
  readonly folder: string
  /** Maximum number of open files; the least recently used one is closed first. 64 by default. */
  readonly maxOpen?: number
}

export interface DbCall {
  readonly pluginId: string
  readonly method: string
  readonly args?: readonly unknown[]
  readonly body: Uint8Array | undefined
  /** Maximum size of the plugin's file in bytes. */
  readonly quotaBytes: number
}

export interface DbReply {
  readonly head: unknown
  readonly body?: Uint8Array
}

export interface DbEngine {
  /**
   * Executes `db.query` with statements as body, or `db.read`, which refuses those that write; `db.migrations` (which are missing) or `db.migrate` with migrations as body;
   * `cursor.open [number]` with one statement as body, `cursor.next [number]` and `cursor.close [number]`, whose head says
   * whether there are no more rows.
   * @throws DataError DATABASE_ERROR, HOST_CALL_INVALID, HOST_CALL_UNKNOWN, QUOTA_EXCEEDED, STORE_FULL, STORE_READ_ONLY,
   * HOST_CALL_FAILED
   */
  handle(call: DbCall): DbReply
  /** Closes the plugin's file, if it is open; the next operation reopens it. */
  close(pluginId: string): void
  closeAll(): void
  /** Deletes the plugin's data. */
  remove(pluginId: string): void
}

const MAX_OPEN = 64

export function openDbEngine({ folder, maxOpen = MAX_OPEN }: DbEngineOptions): DbEngine {
  const open = new RecentlyUsed<DbDatabase>(maxOpen, (database) => database.close())
  const cursors = new DbCursors()

  function databaseOf(pluginId: string): DbDatabase {
    const known = open.get(pluginId)
    if (known !== undefined) return known
    const database = openFile(pluginFolder(folder, pluginId))
    open.add(pluginId, database)
    return database
  }

  return {
    handle(call) {
      pluginFolder(folder, call.pluginId)
      const operation = operationOf(call, cursors)
      try {
        return operation(databaseOf(call.pluginId))
      } catch (error) {
        if (error instanceof DataError) throw error
        // Whatever it was, the next operation starts with a freshly opened file.
        open.delete(call.pluginId)
        const disk = diskErrorOf(error)
        if (disk !== undefined) throw disk
        const reason = error instanceof Error ? error.message : String(error)
        throw new DataError(
          'HOST_CALL_FAILED',
          `The database of plugin "${call.pluginId}" failed: ${reason}`,
          error,
        )
      }
    },

    close: (pluginId) => open.delete(pluginId),

    closeAll: () => open.clear(),

    remove(pluginId) {
      const home = pluginFolder(folder, pluginId)
      open.delete(pluginId)
      removeData(home, DB_FILE)
    },
  }
}

function openFile(home: string): DbDatabase {
  finishImport(home)
  return new DbDatabase(join(home, DB_FILE))
}

type Operation = (call: DbCall, cursors: DbCursors) => (database: DbDatabase) => DbReply

/** Each parses its input; the function it returns needs only the database. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'db.query': ({ body, quotaBytes }) => {
    const statements = parseStatements(body)
    return (database) => ({ head: null, body: database.query(statements, quotaBytes) })
  },
  'db.read': ({ body, quotaBytes }) => {
    const statements = parseStatements(body)
    return (database) => {
      database.requireReads(statements)
      return { head: null, body: database.query(statements, quotaBytes) }
    }
  },
  'db.migrations': ({ body }) => {
    const migrations = parseMigrations(body)
    return (database) => ({ head: migrationState(database, migrations) })
  },
  'db.migrate': ({ body, quotaBytes }) => {
    const migrations = parseMigrations(body)
    return (database) => ({ head: migrate(database, migrations, quotaBytes) })
  },
  'cursor.open': ({ args, body }, cursors) => {
    const [statement, ...others] = parseStatements(body)
    if (statement === undefined || others.length > 0)
      throw new DataError('HOST_CALL_INVALID', 'A cursor is of one statement')
    // The file exists, because its database is open.
    return ({ file }) => answerOf(cursors.open(numberIn(args), file, statement))
  },
  'cursor.next':
    ({ args }, cursors) =>
    () =>
      answerOf(cursors.next(numberIn(args))),
  'cursor.close':
    ({ args }, cursors) =>
    () => {
      cursors.close(numberIn(args))
      return { head: true }
    },
}

function answerOf({ body, isDone }: Batch): DbReply {
  return { head: isDone, body }
}

/** Assigned by the runtime. */
function numberIn(args: readonly unknown[] = []): number {
  return Number(args[0])
}

function operationOf(call: DbCall, cursors: DbCursors): (database: DbDatabase) => DbReply {
  const operation = Object.hasOwn(OPERATIONS, call.method) ? OPERATIONS[call.method] : undefined
  if (operation === undefined)
    throw new DataError('HOST_CALL_UNKNOWN', `There is no host call "${call.method}"`)
  return operation(call, cursors)
}
