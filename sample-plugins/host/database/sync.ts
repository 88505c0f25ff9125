// A sync brings what the catalog of the district has and the library lacks. It happens whole or not at all, and can be repeated.

import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from './open-database.ts'
import { DISTRICT } from './seed.ts'
import type { SyncReport } from './types.ts'

export function syncWithDistrict(database: DatabaseSync): SyncReport {
  return inTransaction(database, () => {
    const find = database.prepare('SELECT id, revision FROM books WHERE title = ? AND author = ?')
    const add = database.prepare(
      `INSERT INTO books (title, author, language, subject, pages, summary, revision)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    const update = database.prepare('UPDATE books SET summary = ?, pages = ?, revision = ? WHERE id = ?')
    let added = 0
    let updated = 0
    for (const book of DISTRICT) {
      const known = find.get(book.title, book.author)
      if (known === undefined) {
        const { title, author, language, subject, pages, summary, revision } = book
        add.run(title, author, language, subject, pages, summary, revision)
        added += 1
      } else if (Number(known.revision) < book.revision) {
        update.run(book.summary, book.pages, book.revision, Number(known.id))
        updated += 1
      }
    }
    database
      .prepare('INSERT INTO syncs (finished_at, added, updated) VALUES (?, ?, ?)')
      .run(Date.now(), added, updated)
    return { added, updated }
  })
}

export interface PastSync extends SyncReport {
  readonly finishedAt: number
}

/** The newest first. */
export function pastSyncs(database: DatabaseSync): readonly PastSync[] {
  return database
    .prepare('SELECT * FROM syncs ORDER BY id DESC LIMIT 10')
    .all()
    .map(({ finished_at, added, updated }) => ({
      finishedAt: Number(finished_at),
      added: Number(added),
      updated: Number(updated),
    }))
}
