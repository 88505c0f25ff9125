// The statements of one database, each prepared once.

import type { DatabaseSync, StatementSync } from 'node:sqlite'

export type Row = Readonly<Record<string, unknown>>
type Value = string | number | Uint8Array

/** Texts of statements are constants of our own: none is ever forgotten. */
export class Rows {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#prepared(sql).get(...values)
  }

  all(sql: string, ...values: Value[]): readonly Row[] {
    return this.#prepared(sql).all(...values)
  }

  run(sql: string, ...values: Value[]): ReturnType<StatementSync['run']> {
    return this.#prepared(sql).run(...values)
  }

  /** The first column of the first row; 0 without one. */
  number(sql: string, ...values: Value[]): number {
    return Number(Object.values(this.get(sql, ...values) ?? {})[0] ?? 0)
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}
