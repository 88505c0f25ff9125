// What the reader has borrowed.

import { html } from 'hono/html'
import type { Book } from '../database/types.ts'
import { shelf } from './book-card.ts'
import { type Html, page, type View } from './page.ts'

export function loansPage(view: View, books: readonly Book[]): Html {
  const { words } = view
  const content = books.length === 0 ? html`<p class="empty">${words.noLoans}</p>` : shelf(view, books)
  return page(view, words.loans, html`<h1>${words.loans}</h1>${content}`)
}
