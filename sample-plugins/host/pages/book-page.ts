// One book, and what the reader can do with it.

import { html } from 'hono/html'
import type { Loan } from '../database/books.ts'
import type { Book } from '../database/types.ts'
import { subjectName } from '../words.ts'
import { cover } from './book-card.ts'
import { type Html, page, type View } from './page.ts'

interface Shown {
  readonly book: Book
  readonly loan: Loan | undefined
  readonly mayBorrow: boolean
}

export function bookPage(view: View, { book, loan, mayBorrow }: Shown): Html {
  const { language, words } = view
  return page(
    view,
    book.title,
    html`<article class="book">
  ${cover(book)}
  <div>
    <h1 lang="${book.language}" dir="auto">${book.title}</h1>
    <p class="author" dir="auto">${book.author}</p>
    <plugbay-slot name="book.about" params="${JSON.stringify({ id: book.id })}">
      <p dir="auto">${book.summary}</p>
      <p class="facts">${subjectName(book.subject, words)} · ${book.pages.toLocaleString(language)} ${words.pages}</p>
    </plugbay-slot>
    ${lending(view, { book, loan, mayBorrow })}
    <plugbay-menu name="events.reporting" params="${JSON.stringify({ book: book.id })}">${words.reporting}</plugbay-menu>
    <p><a href="/${language}/">${words.back}</a></p>
  </div>
</article>`,
  )
}

function lending({ language, words, member }: View, { book, loan, mayBorrow }: Shown): Html {
  if (member === undefined)
    return html`<p><a class="button" href="/${language}/sign-in">${words.signInFirst}</a></p>`
  if (loan !== undefined && loan.member !== member.name) return html`<p class="note">${words.taken}</p>`
  if (loan === undefined && !mayBorrow) return html`<p class="note">${words.enough}</p>`
  const [change, text] = loan === undefined ? ['borrow', words.borrow] : ['return', words.giveBack]
  return html`<form method="post" action="/${language}/books/${book.id}/${change}"><button>${text}</button></form>`
}
