// Books and loans. A book is borrowed by one member at a time; the database sees to that.

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { SqliteOutbox } from 'plugbay'
import { inTransaction } from './open-database.ts'
import type { Book } from './types.ts'

export interface Loan {
  readonly member: string
  readonly borrowedAt: number
}

export class Books {
  readonly #database: DatabaseSync
  readonly #outbox: Pick<SqliteOutbox, 'add'>

  constructor(database: DatabaseSync, outbox: Pick<SqliteOutbox, 'add'>) {
    this.#database = database
    this.#outbox = outbox
  }

  /** In order of titles. */
  search({ text, subject }: { readonly text: string; readonly subject: string }): readonly Book[] {
    return this.#database
      .prepare(
        `SELECT * FROM books
         WHERE (instr(lower(title), lower(:text)) > 0 OR instr(lower(author), lower(:text)) > 0)
           AND (:subject = '' OR subject = :subject)
         ORDER BY title LIMIT 200`,
      )
      .all({ text, subject })
      .map(toBook)
  }

  get(id: number): Book | undefined {
    const row = this.#database.prepare('SELECT * FROM books WHERE id = ?').get(id)
    return row && toBook(row)
  }

  inSeries(seriesId: number): readonly Book[] {
    return this.#database
      .prepare('SELECT * FROM books WHERE series_id = ? ORDER BY title')
      .all(seriesId)
      .map(toBook)
  }

  subjects(): readonly string[] {
    return this.#database
      .prepare('SELECT DISTINCT subject FROM books ORDER BY subject')
      .all()
      .map(({ subject }) => String(subject))
  }

  borrowedBy(member: string): readonly Book[] {
    return this.#database
      .prepare(
        `SELECT books.* FROM loans JOIN books ON books.id = loans.book_id
         WHERE loans.member = ? AND loans.returned_at IS NULL ORDER BY loans.borrowed_at`,
      )
      .all(member)
      .map(toBook)
  }

  loan(bookId: number): Loan | undefined {
    const row = this.#database
      .prepare('SELECT member, borrowed_at FROM loans WHERE book_id = ? AND returned_at IS NULL')
      .get(bookId)
    return row && { member: String(row.member), borrowedAt: Number(row.borrowed_at) }
  }

  /** Does nothing while another member has it, or this one has as many as allowed. */
  borrow(bookId: number, member: string, maxLoans: number): void {
    if (this.borrowedBy(member).length >= maxLoans) return
    this.#database
      .prepare('INSERT INTO loans (book_id, member, borrowed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      .run(bookId, member, Date.now())
  }

  /** Ends the loan, and tells plugins of it: both or neither. Does nothing for a book that this member does not have. */
  giveBack({ id, title }: Book, member: string): void {
    inTransaction(this.#database, () => {
      const { changes } = this.#database
        .prepare('UPDATE loans SET returned_at = ? WHERE book_id = ? AND member = ? AND returned_at IS NULL')
        .run(Date.now(), id, member)
      if (Number(changes) > 0) this.#outbox.add('book.returned', { id, title }, { key: `book:${id}` })
    })
  }
}

function toBook(row: Readonly<Record<string, SQLOutputValue>>): Book {
  return {
    id: Number(row.id),
    title: String(row.title),
    author: String(row.author),
    language: String(row.language),
    subject: String(row.subject),
    pages: Number(row.pages),
    summary: String(row.summary),
  }
}
