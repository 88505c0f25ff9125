// Series of books.

import type { DatabaseSync } from 'node:sqlite'
import type { Books } from './books.ts'
import type { Book } from './types.ts'

export interface Series {
  readonly id: number
  readonly title: string
  /** In order of titles. */
  readonly books: readonly Book[]
}

export class AllSeries {
  readonly #database: DatabaseSync
  readonly #books: Pick<Books, 'inSeries'>

  constructor(database: DatabaseSync, books: Pick<Books, 'inSeries'>) {
    this.#database = database
    this.#books = books
  }

  get(id: number): Series | undefined {
    const row = this.#database.prepare('SELECT * FROM series WHERE id = ?').get(id)
    return row && { id, title: String(row.title), books: this.#books.inSeries(id) }
  }

  /** The one that the book is in. */
  ofBook(bookId: number): Series | undefined {
    const row = this.#database.prepare('SELECT series_id FROM books WHERE id = ?').get(bookId)
    return row?.series_id === null || row === undefined ? undefined : this.get(Number(row.series_id))
  }

  list(): readonly Pick<Series, 'id' | 'title'>[] {
    return this.#database
      .prepare('SELECT id, title FROM series ORDER BY title')
      .all()
      .map(({ id, title }) => ({ id: Number(id), title: String(title) }))
  }
}
