// One book on a shelf: a cover drawn from its words, and its title.

import { html } from 'hono/html'
import type { Book } from '../database/types.ts'
import { subjectName } from '../words.ts'
import type { Html, View } from './page.ts'

export function shelf(view: View, books: readonly Book[]): Html {
  return html`<ul class="shelf">${books.map((book) => html`<li>${bookCard(view, book)}</li>`)}</ul>`
}

function bookCard({ language, words }: View, book: Book): Html {
  return html`<a class="card" href="/${language}/books/${book.id}">
  ${cover(book)}
  <strong lang="${book.language}" dir="auto">${book.title}</strong>
  <span dir="auto">${book.author}</span>
  <small>${subjectName(book.subject, words)}</small>
</a>`
}

export function cover({ title, subject, language }: Book): Html {
  return html`<span class="cover ${subject}" lang="${language}" dir="auto" aria-hidden="true"><span>${title}</span></span>`
}
