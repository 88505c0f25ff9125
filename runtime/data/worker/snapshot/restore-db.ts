// Restores the SQL database of a snapshot: checks it as untrusted input, and has SQLite rewrite it page by page.
// Invariant: its tables, views and triggers are such as a migration of the plugin could have created.

import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { ImportFacts } from '../../snapshots/snapshot-call.ts'
import { DataError, isOutOfSpace } from '../data-error.ts'
import { MIGRATIONS_TABLE } from '../db/db-authorizer.ts'
import { compileOne, LIMITS } from '../db/db-connection.ts'
import { DbDatabase, PAGE_BYTES } from '../db/db-database.ts'
import { sentenceOf } from '../db/db-errors.ts'
import { damaged, invalid, tooLarge } from './snapshot-format.ts'

export interface RestoreDbOptions {
  /** The imported file; undefined if there is none. */
  readonly from: string | undefined
  readonly to: string
  /** A temporary file that may be created, and is removed at the end. */
  readonly scratch: string
  readonly quotaBytes: number
}

export type RestoredDb = Pick<ImportFacts, 'databaseBytes' | 'migrations'>

const MAX_MIGRATIONS = 10_000

/** @throws DataError SNAPSHOT_INVALID, BODY_TOO_LARGE, or SQLite's error */
export function restoreDb({ from, to, scratch, quotaBytes }: RestoreDbOptions): RestoredDb {
  if (from !== undefined) rewrite(from, to)
  const database = new DbDatabase(to)
  try {
    if (from !== undefined) requireOwnSchema(database, scratch)
    const databaseBytes = pagesOf(database) * PAGE_BYTES
    if (databaseBytes > quotaBytes)
      throw tooLarge(`Its SQL database has ${databaseBytes} bytes: at most ${quotaBytes} are allowed`)
    return { databaseBytes, migrations: migrationsOf(database) }
  } finally {
    database.close()
  }
}

/** Copies every row from the old file to a new one: no untrusted page is used any further. */
function rewrite(from: string, to: string): void {
  const source = new DatabaseSync(from, { defensive: true, limits: { ...LIMITS, attach: 1 } })
  try {
    source.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA cache_size = -2000')
    // A file in WAL mode keeps its page size.
    source.exec(
      `PRAGMA journal_mode = DELETE; PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = NONE; PRAGMA temp_store = MEMORY`,
    )
    const [encoding] = source.prepare('PRAGMA encoding').all()
    const [check] = source.prepare('PRAGMA integrity_check(1)').all()
    if (encoding?.encoding !== 'UTF-8' || check?.integrity_check !== 'ok')
      throw damaged('its SQL database does not hold together')
    source.prepare('VACUUM INTO ?').run(to)
  } finally {
    source.close()
  }
}

interface SchemaRow {
  readonly name: string
  /** As reported by `PRAGMA table_list`; null for an index or a trigger. */
  readonly kind: string | null
  readonly sql: string
}

/** Objects to create: shadow tables come with their virtual table, and each type after those that it refers to. */
const ORDER = "CASE s.type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, s.rowid"

/** Recreates everything in an empty database, as a migration would: SQLite's authorizer checks each object. */
function requireOwnSchema(database: DbDatabase, scratch: string): void {
  const copy = new DbDatabase(scratch)
  try {
    const [own] = schemaOf(copy)
    for (const row of schemaOf(database)) {
      if (row.name.toLowerCase() !== MIGRATIONS_TABLE) make(copy, row)
      else if (row.sql !== own?.sql) throw damaged('its record of migrations is another one')
    }
  } finally {
    copy.close()
    rmSync(scratch)
  }
}

function schemaOf(database: DbDatabase): readonly SchemaRow[] {
  return database.asHost((sqlite) =>
    sqlite
      .prepare(
        `SELECT s.name, l.type AS kind, s.sql FROM sqlite_schema AS s
         LEFT JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.name AND s.type IN ('table', 'view')
         WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY ${ORDER}`,
      )
      .all(),
  ) as unknown as readonly SchemaRow[]
}

function make(copy: DbDatabase, { name, kind, sql }: SchemaRow): void {
  if (kind === 'shadow') return
  copy.takeRefusal()
  try {
    copy.asMigration((sqlite) => compileOne(sqlite, sql)?.run())
  } catch (error) {
    if (isOutOfSpace(error)) throw error
    const sentence = sentenceOf(error, copy.takeRefusal())
    throw invalid(
      `The SQL database of the snapshot holds "${name.slice(0, 64)}", which no plugin may have: ${sentence}`,
      error,
    )
  }
}

function pagesOf(database: DbDatabase): number {
  const row = database.asHost((sqlite) => sqlite.prepare('PRAGMA page_count').get())
  return Number(row?.page_count)
}

function migrationsOf(database: DbDatabase): RestoredDb['migrations'] {
  const rows = database.asHost((sqlite) =>
    sqlite
      .prepare(`SELECT name, checksum FROM ${MIGRATIONS_TABLE} ORDER BY name LIMIT ?`)
      .all(MAX_MIGRATIONS + 1),
  )
  const isOurs = rows.every(
    ({ name, checksum }) => String(name).length <= 500 && String(checksum).length <= 128,
  )
  if (!isOurs || rows.length > MAX_MIGRATIONS) throw damaged('its record of migrations is another one')
  return rows.map(({ name }) => String(name))
}

/** Translates an error: SQLite's errors concern the imported file. */
export function restoreError(error: unknown): unknown {
  if (error instanceof DataError) return error
  if (isOutOfSpace(error)) return new DataError('STORE_FULL', 'The server has no space left', error)
  if (!(error instanceof Error) || !('code' in error)) return error
  const isAboutContent = error.code === 'ERR_SQLITE_ERROR' || error.code === 'ERR_OUT_OF_RANGE'
  return isAboutContent ? damaged(`SQLite says "${error.message}"`, error) : error
}
