// Opens a connection to a plugin's SQLite file with its limits and its authorizer, and compiles its statements.
// Invariant: all SQL of a plugin runs on a connection from here, and every statement is compiled with the authorizer in place.

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Authorizer, createAuthorizer } from './db-authorizer.ts'
import { refused } from './db-errors.ts'

/** https://sqlite.org/security.html; a string, BLOB or row has D1's limit of 2 MB. */
export const LIMITS = {
  length: 2_000_000,
  sqlLength: 1_000_000,
  column: 500,
  exprDepth: 200,
  compoundSelect: 100,
  vdbeOp: 1_000_000,
  functionArg: 100,
  attach: 0,
  likePatternLength: 200,
  variableNumber: 5000,
  triggerDepth: 50,
} as const

export interface Connection {
  readonly database: DatabaseSync
  readonly authorizer: Authorizer
}

/**
 * @param prepare runs before the authorizer is in place
 * @throws SQLite's error; the connection is closed then
 */
export function connect(
  file: string,
  options: { readonly readOnly: boolean; readonly prepare: (database: DatabaseSync) => void },
): Connection {
  const database = new DatabaseSync(file, {
    readOnly: options.readOnly,
    timeout: 5000,
    defensive: true,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
    limits: LIMITS,
  })
  const authorizer = createAuthorizer()
  try {
    // Sort in memory, which the runtime watches; temporary files elsewhere on the disk would not be counted.
    database.exec('PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF')
    options.prepare(database)
    database.setAuthorizer((action, first, second, schema) =>
      authorizer.authorize(action, first, second, schema),
    )
  } catch (error) {
    database.close()
    throw error
  }
  return { database, authorizer }
}

export interface Compiled {
  readonly statement: StatementSync
  readonly writes: boolean
  readonly pragma: boolean
}

/** Compiles exactly one statement. @throws DataError DATABASE_ERROR, or SQLite's error */
export function compileGuest({ database, authorizer }: Connection, text: string): Compiled {
  // SQLite would stop reading at a NUL, and a lone surrogate has no UTF-8 encoding.
  if (text.includes('\0')) throw refused('the SQL text holds a NUL character')
  const sql = text.toWellFormed()
  authorizer.takeSeen()
  const statement = compileOne(database, sql)
  if (statement === undefined) throw refused('the SQL text holds no statement')
  const seen = authorizer.takeSeen()
  // `sourceSQL` ends where SQLite stopped reading; SQLite also tells whether more than blanks and comments follows.
  const rest = sql.slice(statement.sourceSQL.length)
  if (rest.trim() !== '' && hasStatement(database, rest)) {
    throw refused('a prepared statement is one statement: use env.db.batch() for several')
  }
  return { statement, ...seen }
}

/** undefined for text without a statement. @throws SQLite's error */
export function compileOne(database: DatabaseSync, sql: string): StatementSync | undefined {
  try {
    return database.prepare(sql, { returnArrays: true, readBigInts: true })
  } catch (error) {
    if (isEmptyStatement(error)) return undefined
    throw error
  }
}

/** Whether there is anything but blanks and comments; text that does not compile counts as something. */
function hasStatement(database: DatabaseSync, sql: string): boolean {
  try {
    return compileOne(database, sql) !== undefined
  } catch {
    return true
  }
}

function isEmptyStatement(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_ARG_VALUE'
}
