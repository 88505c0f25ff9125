// env.db: the plugin's own SQL database (SQLite), in the shape of Cloudflare D1.

/** Arguments of bind(): booleans become 1 and 0, bytes become BLOB. */
export type DbValue = null | number | string | boolean | ArrayBuffer | ArrayBufferView | readonly number[]

export interface DbMeta {
  /** Milliseconds in the engine, for a whole batch. */
  readonly duration: number
  /** Rows that the statement itself inserted, updated or deleted. */
  readonly changes: number
  /** Row id of the latest insert into a table with row ids. */
  readonly last_row_id: number
  readonly changed_db: boolean
  /** Size of the database after the statement, in bytes. */
  readonly size_after: number
}

export interface DbResult<T = Record<string, unknown>> {
  readonly results: T[]
  readonly success: true
  readonly meta: DbMeta
}

/** Throws an error with the code DATABASE_ERROR and SQLite's message; QUOTA_EXCEEDED when a limit is reached. */
export interface DbStatement {
  /** A copy with these values, in the order of `?`, or by number for `?1`. Replaces earlier values. */
  bind(...values: readonly unknown[]): DbStatement
  /** The first row, or one column of it; null without a row. */
  first<T = unknown>(column: string): Promise<T | null>
  first<T = Record<string, unknown>>(): Promise<T | null>
  all<T = Record<string, unknown>>(): Promise<DbResult<T>>
  run<T = Record<string, unknown>>(): Promise<DbResult<T>>
  /** Rows as arrays; with `columnNames` the first one holds the names. */
  raw<T = unknown[]>(options: { readonly columnNames: true }): Promise<[string[], ...T[]]>
  raw<T = unknown[]>(options?: { readonly columnNames?: false }): Promise<T[]>
  /**
   * Reads the rows one by one as the loop proceeds, however many there are: `for await (const row of statement.iterate())`.
   * The result is consistent as of the first row. Leaving the loop ends it. Only for statements that read.
   */
  iterate<T = Record<string, unknown>>(): AsyncGenerator<T, undefined>
}

/**
 * @deviation Only `batch` makes transactions.
 * @deviation `exec` is refused at run time.
 * @deviation A BLOB is returned as an `ArrayBuffer`, where D1 returns an array of numbers.
 * @deviation `iterate` reads results that are larger than a call may return; D1 has no equivalent.
 * @deviation `meta` has no `rows_read` and `rows_written`.
 */
export interface Db {
  /** Exactly one statement. It is compiled when it runs. */
  prepare(sql: string): DbStatement
  /** Runs all statements in one transaction: when one fails, none takes effect. */
  batch<T = Record<string, unknown>>(statements: readonly DbStatement[]): Promise<DbResult<T>[]>
  /** Refused at run time: statements without values belong in `backend/migrations/*.sql`. */
  exec(sql: string): Promise<never>
  readonly engine: { readonly name: 'sqlite'; readonly version: string }
}
