// One plugin's SQL database: one SQLite file, its limits, and statements run one at a time.
// Invariant: no transaction is open between two calls, and SQL of the plugin is compiled in its own stage only.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { DataError, hasSpace, isOutOfSpace } from '../data-error.ts'
import { RecentlyUsed } from '../recently-used.ts'
import { type Authorizer, MIGRATIONS_TABLE, type Stage } from './db-authorizer.ts'
import { type Connection, compileGuest, connect } from './db-connection.ts'
import { statementError } from './db-errors.ts'
import { AnswerWriter, type DbStatement } from './db-request.ts'

export const PAGE_BYTES = 4096
const MAX_CACHED = 100

interface Prepared {
  readonly statement: StatementSync
  readonly writes: boolean
}

export class DbDatabase {
  readonly #connection: Connection
  readonly #database: DatabaseSync
  readonly #authorizer: Authorizer
  /** By text. */
  readonly #prepared = new RecentlyUsed<Prepared>(MAX_CACHED)
  readonly #counters: StatementSync
  readonly #pageCount: StatementSync
  readonly file: string
  readonly #folder: string
  #totalChanges = 0
  #quotaOfFile = -1
  #hasPragma = false

  /** Opens the file, creating it and its folder if missing. @throws SQLite's or the system's error */
  constructor(file: string) {
    this.file = file
    this.#folder = dirname(file)
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    // With SQLite's default it could be readable for others, depending on the umask. -wal and -shm get this file's mode.
    closeSync(openSync(file, 'a', 0o600))
    this.#connection = connect(file, {
      readOnly: false,
      prepare(database) {
        database.exec(
          `PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`,
        )
        database.exec('PRAGMA cache_size = -2000; PRAGMA journal_size_limit = 4000000')
        // Always present, so that no table of the plugin can take the name.
        database.exec(
          `CREATE TABLE IF NOT EXISTS ${MIGRATIONS_TABLE} (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT`,
        )
      },
    })
    this.#database = this.#connection.database
    this.#authorizer = this.#connection.authorizer
    try {
      this.#counters = this.asHost((database) =>
        database.prepare('SELECT total_changes(), changes(), last_insert_rowid()', {
          returnArrays: true,
          readBigInts: true,
        }),
      )
      this.#pageCount = this.asHost((database) =>
        database.prepare('PRAGMA page_count', { returnArrays: true }),
      )
    } catch (error) {
      this.close()
      throw error
    }
  }

  /**
   * Runs one statement, or several in one transaction. The result is the body of a reply (sdk/protocol/sql-wire.ts).
   * @throws DataError DATABASE_ERROR, QUOTA_EXCEEDED; nothing has changed then. Otherwise SQLite's error: the file is in doubt.
   */
  query(statements: readonly DbStatement[], quotaBytes: number): Uint8Array {
    this.limitFile(quotaBytes)
    const answer = new AnswerWriter()
    const work = () => {
      for (const statement of statements) this.#run(statement, answer)
    }
    this.#hasPragma = false
    const [first] = statements
    const isRead = statements.length === 1 && first !== undefined && !this.#prepare(first.sql).writes
    // A single statement that writes runs in a transaction too: a result that is too large is noticed only after its writes.
    try {
      this.guard(() => (isRead ? work() : this.inTransaction(work)))
    } finally {
      if (this.#hasPragma) this.#prepared.clear()
    }
    return answer.bytes()
  }

  /** @throws DataError RELEASE_REPLACED when one of the statements writes; none has run then */
  requireReads(statements: readonly DbStatement[]): void {
    if (!statements.some(({ sql }) => this.#prepare(sql).writes)) return
    const message = 'Another release of the plugin serves now: this one can only read'
    throw new DataError('RELEASE_REPLACED', message)
  }

  /** Runs `work` with SQL of the plugin; words errors of its statements for the author. */
  guard<T>(work: () => T): T {
    this.#authorizer.takeRefusal()
    try {
      return work()
    } catch (error) {
      if (error instanceof DataError) throw error
      if (isOutOfSpace(error) && (this.#isAtLimit() || hasSpace(this.#folder))) {
        throw new DataError('QUOTA_EXCEEDED', 'The database of the plugin is full', error)
      }
      throw statementError(error, this.#authorizer.takeRefusal()) ?? error
    }
  }

  inTransaction(work: () => void): void {
    this.asHost(() => this.#database.exec('BEGIN IMMEDIATE'))
    try {
      work()
      this.asHost(() => this.#database.exec('COMMIT'))
    } catch (error) {
      // SQLite has already rolled back when the disk was full.
      if (this.#database.isTransaction) this.asHost(() => this.#database.exec('ROLLBACK'))
      throw error
    }
  }

  /** Statements of the host. */
  asHost<T>(work: (database: DatabaseSync) => T): T {
    return this.#atStage('host', work)
  }

  /** Statements of a migration; `wantsForeignKeysOff` tells whether it asked to turn foreign keys off. */
  asMigration<T>(work: (database: DatabaseSync) => T): T {
    return this.#atStage('migration', work)
  }

  get wantsForeignKeysOff(): boolean {
    return this.#authorizer.wantsForeignKeysOff
  }

  set wantsForeignKeysOff(value: boolean) {
    this.#authorizer.wantsForeignKeysOff = value
  }

  /** The authorizer's last refusal, for the problem of a migration. */
  takeRefusal(): string | undefined {
    return this.#authorizer.takeRefusal()
  }

  limitFile(quotaBytes: number): void {
    if (quotaBytes === this.#quotaOfFile) return
    const pages = Math.max(1, Math.floor(quotaBytes / PAGE_BYTES))
    this.asHost(() => this.#database.exec(`PRAGMA max_page_count = ${pages}`))
    this.#quotaOfFile = quotaBytes
  }

  close(): void {
    this.#prepared.clear()
    this.#database.close()
  }

  #run({ sql, values }: DbStatement, answer: AnswerWriter): void {
    const start = performance.now()
    const { statement, writes } = this.#prepare(sql)
    try {
      for (const row of statement.iterate(...values)) answer.addRow(row as unknown as readonly unknown[])
    } catch (error) {
      // Node resets a statement before it runs again, and would then report this run's error.
      this.#prepared.delete(sql)
      throw error
    }
    // Read after the last step: SQLite may have recompiled the statement with new columns.
    const columns = statement.columns().map(({ name }) => name)
    const { changes, lastRowId } = this.#countersNow()
    answer.endResult({
      columns,
      changes,
      lastRowId,
      changed: writes,
      size: this.#pages() * PAGE_BYTES,
      duration: performance.now() - start,
    })
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const { pragma, ...prepared } = this.guard(() => compileGuest(this.#connection, sql))
    if (pragma) {
      // Some pragmas take effect while they are compiled, and some change what later statements compile to, until the call
      // ends.
      this.#hasPragma = true
      this.#prepared.clear()
      return prepared
    }
    this.#prepared.add(sql, prepared)
    return prepared
  }

  #countersNow(): { readonly changes: number; readonly lastRowId: number } {
    const [total = 0, changes = 0, lastRowId = 0] = this.asHost(
      () => this.#counters.get() as unknown as readonly bigint[],
    ).map(Number)
    // changes() keeps the count of an earlier statement when this one changed no row.
    const isNew = total !== this.#totalChanges
    this.#totalChanges = total
    return { changes: isNew ? changes : 0, lastRowId }
  }

  #pages(): number {
    const [pages = 0] = this.asHost(() => this.#pageCount.get() as unknown as readonly number[])
    return pages
  }

  #isAtLimit(): boolean {
    // A value needs up to 500 pages at once, so the limit takes effect before it is reached.
    return this.#pages() + 600 >= this.#quotaOfFile / PAGE_BYTES
  }

  #atStage<T>(stage: Stage, work: (database: DatabaseSync) => T): T {
    const before = this.#authorizer.stage
    this.#authorizer.stage = stage
    try {
      return work(this.#database)
    } finally {
      this.#authorizer.stage = before
    }
  }
}
