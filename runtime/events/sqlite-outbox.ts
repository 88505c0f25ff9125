// An outbox in a SQLite database of the application, through node:sqlite or better-sqlite3.

import type { Outbox, OutboxEvent } from './outbox.ts'

/** What both libraries have. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): {
    run(...values: (string | number | null)[]): unknown
    all(...values: (string | number | null)[]): unknown[]
  }
}

export interface SqliteOutbox extends Outbox {
  /** Adds an event, in the transaction that is open: it is sent if that is committed. */
  add(name: string, data: unknown, options?: { readonly key?: string }): void
}

/** Creates the table `plugbay_outbox` where it is missing. Call it outside a transaction. */
export function sqliteOutbox(database: SqliteDatabase): SqliteOutbox {
  database.exec(
    `CREATE TABLE IF NOT EXISTS plugbay_outbox (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
      name TEXT NOT NULL, data TEXT NOT NULL, key TEXT)`,
  )
  const insert = database.prepare('INSERT INTO plugbay_outbox (name, data, key) VALUES (?, ?, ?)')
  const oldest = database.prepare('SELECT id, name, data, key FROM plugbay_outbox ORDER BY seq LIMIT ?')
  const remove = database.prepare('DELETE FROM plugbay_outbox WHERE id IN (SELECT value FROM json_each(?))')
  return {
    add(name, data, { key } = {}) {
      insert.run(name, JSON.stringify(data ?? null), key ?? null)
    },
    take: (limit) =>
      (oldest.all(limit) as readonly { id: string; name: string; data: string; key: string | null }[]).map(
        ({ data, ...row }): OutboxEvent => ({ ...row, data: JSON.parse(data) }),
      ),
    remove(ids) {
      remove.run(JSON.stringify(ids))
    },
  }
}
