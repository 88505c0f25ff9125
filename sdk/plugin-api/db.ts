// env.db: the plugin's own SQL database (SQLite), in the shape of Cloudflare D1.

/** What bind() takes: booleans become 1 and 0, bytes become BLOB. */
export type DbValue = null | number | string | boolean | ArrayBuffer | ArrayBufferView | readonly number[]

export interface DbMeta {
  /** Milliseconds in the engine, all of a batch. */
  readonly duration: number
  /** Rows that the statement itself inserted, updated or deleted. */
  readonly changes: number
  /** Of the latest insert into a table with row ids. */
  readonly last_row_id: number
  readonly changed_db: boolean
  /** Bytes of the database after the statement. */
  readonly size_after: number
}

export interface DbResult<T = Record<string, unknown>> {
  readonly results: T[]
  readonly success: true
  readonly meta: DbMeta
}

/** Throws an error with the code DATABASE_ERROR and the sentence of SQLite; QUOTA_EXCEEDED when a limit is reached. */
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
   * The rows one by one, read as the loop goes on, however many they are: `for await (const row of statement.iterate())`.
   * They are of one moment, that of the first row. Leaving the loop ends it. For statements that read.
   */
  iterate<T = Record<string, unknown>>(): AsyncGenerator<T, undefined>
}

/**
 * @deviation Transactions are made by `batch` only.
 * @deviation `exec` is refused at run time.
 * @deviation A BLOB comes back as an `ArrayBuffer`, where D1 gives an array of numbers.
 * @deviation `iterate` reads results that are larger than a call may return; D1 has nothing like it.
 * @deviation `meta` has no `rows_read` and `rows_written`.
 */
export interface Db {
  /** Exactly one statement; it is compiled when it runs. */
  prepare(sql: string): DbStatement
  /** All statements in one transaction: when one fails, none has happened. */
  batch<T = Record<string, unknown>>(statements: readonly DbStatement[]): Promise<DbResult<T>[]>
  /** Refused at run time: statements without values belong into `backend/migrations/*.sql`. */
  exec(sql: string): Promise<never>
  readonly engine: { readonly name: 'sqlite'; readonly version: string }
}
