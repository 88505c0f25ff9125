// Migrations of a plugin's database: finds the missing ones, and runs them in one transaction.
// Invariant: either every missing migration has run and is recorded, or nothing has changed.

import { DataError, isOutOfSpace } from '../data-error.ts'
import { MIGRATIONS_TABLE } from './db-authorizer.ts'
import { compileOne } from './db-connection.ts'
import type { DbDatabase } from './db-database.ts'
import { sentenceOf } from './db-errors.ts'
import { isChecksumOf, migrationChecksum, withPlainLines } from './migration-checksum.ts'

export interface Migration {
  /** File name without folder: "0001-notes.sql". */
  readonly name: string
  /** Hex SHA-256 of the file. */
  readonly checksum: string
  readonly sql: string
}

/** What says whether a migration is the one that was applied: its bytes, or where they are others, its text. */
export type KnownMigration = Pick<Migration, 'name' | 'checksum'> & Partial<Pick<Migration, 'sql'>>

export interface MigrationState {
  /** Not applied yet, in order. */
  readonly missing: readonly string[]
  /** Applied with different content. */
  readonly changed: readonly string[]
}

export type MigrationOutcome =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly name: string
      /** First line of the failed statement; null when the failure is not that of one statement. */
      readonly line: number | null
      readonly message: string
    }

/** Aborts a run that has to restart with foreign keys off. */
class ForeignKeysOff extends Error {}

class StatementFailure extends Error {
  readonly migration: string
  readonly line: number | null

  constructor(migration: string, line: number | null, message: string) {
    super(message)
    this.migration = migration
    this.line = line
  }
}

export function migrationState(database: DbDatabase, migrations: readonly KnownMigration[]): MigrationState {
  const applied = new Map(
    database
      .asHost((sqlite) => sqlite.prepare(`SELECT name, checksum FROM ${MIGRATIONS_TABLE}`).all())
      .map(({ name, checksum }) => [name, String(checksum)]),
  )
  return {
    missing: migrations.filter(({ name }) => !applied.has(name)).map(({ name }) => name),
    changed: migrations
      .filter((migration) => isAnother(migration, applied.get(migration.name)))
      .map(({ name }) => name),
  }
}

function isAnother({ checksum, sql }: KnownMigration, recorded: string | undefined): boolean {
  if (recorded === undefined || recorded === checksum) return false
  return sql === undefined || !isChecksumOf(recorded, sql)
}

/** Runs the missing migrations. @throws DataError QUOTA_EXCEEDED, or SQLite's error when the file is in doubt */
export function migrate(
  database: DbDatabase,
  migrations: readonly Migration[],
  quotaBytes: number,
): MigrationOutcome {
  database.limitFile(quotaBytes)
  const { missing } = migrationState(database, migrations)
  const wanted = migrations.filter(({ name }) => missing.includes(name))
  try {
    return runAll(database, wanted, true)
  } catch (error) {
    if (!(error instanceof ForeignKeysOff)) throw error
    return runAll(database, wanted, false)
  }
}

function runAll(database: DbDatabase, wanted: readonly Migration[], foreignKeys: boolean): MigrationOutcome {
  database.wantsForeignKeysOff = false
  // SQLite ignores this inside a transaction: https://sqlite.org/lang_altertable.html#otheralter
  database.asHost((sqlite) => sqlite.exec(`PRAGMA foreign_keys = ${foreignKeys ? 'ON' : 'OFF'}`))
  try {
    database.inTransaction(() => {
      for (const migration of wanted) {
        runOne(database, migration)
        if (foreignKeys && database.wantsForeignKeysOff) throw new ForeignKeysOff()
      }
      if (!foreignKeys) checkForeignKeys(database, wanted.at(-1)?.name ?? '')
    })
    return { ok: true }
  } catch (error) {
    if (!(error instanceof StatementFailure)) throw error
    return { ok: false, name: error.migration, line: error.line, message: error.message }
  } finally {
    database.asHost((sqlite) => sqlite.exec('PRAGMA foreign_keys = ON'))
  }
}

function runOne(database: DbDatabase, { name, sql: written }: Migration): void {
  const sql = withPlainLines(written.toWellFormed())
  let rest = sql
  const total = rest.length
  for (;;) {
    const line = lineAt(sql, total - rest.length)
    database.takeRefusal()
    try {
      const done = database.asMigration((sqlite) => {
        const statement = compileOne(sqlite, rest)
        if (statement === undefined) return true
        const rows = statement.iterate()
        while (rows.next().done !== true);
        rest = rest.slice(statement.sourceSQL.length)
        return false
      })
      if (done) break
    } catch (error) {
      const sentence = isOutOfSpace(error)
        ? 'the database of the plugin would be larger than allowed, or the disk is full'
        : sentenceOf(error, database.takeRefusal())
      throw new StatementFailure(name, line, sentence)
    }
  }
  database.asHost((sqlite) =>
    sqlite
      .prepare(`INSERT INTO ${MIGRATIONS_TABLE} (name, checksum, applied_at) VALUES (?, ?, ?)`)
      .run(name, migrationChecksum(written), new Date().toISOString()),
  )
}

function checkForeignKeys(database: DbDatabase, lastName: string): void {
  const row = database.asHost((sqlite) => sqlite.prepare('PRAGMA foreign_key_check').get())
  if (row !== undefined) {
    throw new StatementFailure(lastName, null, `a row of "${row.table}" refers to none in "${row.parent}"`)
  }
}

/** The line of the first word at or after the offset: a statement does not begin with blanks, comments or semicolons. */
function lineAt(sql: string, offset: number): number {
  const skipped = /^(?:[\s;]|--[^\n]*|\/\*[\s\S]*?\*\/)*/.exec(sql.slice(offset))?.[0].length ?? 0
  return sql.slice(0, offset + skipped).split('\n').length
}

/** @throws DataError HOST_CALL_INVALID */
export function parseMigrations(body: Uint8Array | undefined): Migration[] {
  const list: unknown = JSON.parse(Buffer.from(body ?? new Uint8Array()).toString())
  if (!Array.isArray(list)) throw new DataError('HOST_CALL_INVALID', 'Migrations are a list')
  return list as Migration[]
}
