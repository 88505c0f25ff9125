// One book, and what the reader can do with it.

import { html } from 'hono/html'
import type { Loan } from '../database/books.ts'
import type { Series } from '../database/series.ts'
import type { Book } from '../database/types.ts'
import { subjectName } from '../words.ts'
import { actionPanel, type OfferedActions } from './actions/action-panel.ts'
import { actionWords } from './actions/words.ts'
import { cover } from './book-card.ts'
import { type Html, page, type View } from './page.ts'

interface Shown {
  readonly book: Book
  readonly loan: Loan | undefined
  readonly mayBorrow: boolean
  readonly series: Pick<Series, 'id' | 'title'> | undefined
  /** Actions of plugins on the book. */
  readonly offered: OfferedActions | undefined
}

export function bookPage(view: View, { book, loan, mayBorrow, series, offered }: Shown): Html {
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
    ${series && html`<p class="facts">${actionWords(language).series}: <a href="/${language}/series/${series.id}" dir="auto">${series.title}</a></p>`}
    ${lending(view, { book, loan, mayBorrow })}
    <plugbay-menu name="events.reporting" params="${JSON.stringify({ book: book.id })}">${words.reporting}</plugbay-menu>
    ${offered && actions(view, offered)}
    <p><a href="/${language}/">${words.back}</a></p>
  </div>
</article>`,
  )
}

function actions({ language }: View, offered: OfferedActions): Html | '' {
  if (offered.actions.length === 0) return ''
  const words = actionWords(language)
  return html`<div class="below" data-words="${JSON.stringify(words.script)}" data-base="/${language}">${actionPanel(words.actions, offered, words)}</div>
    <script type="module" src="/actions.js"></script>`
}

function lending(
  { language, words, member }: View,
  { book, loan, mayBorrow }: Pick<Shown, 'book' | 'loan' | 'mayBorrow'>,
): Html {
  if (member === undefined)
    return html`<p><a class="button" href="/${language}/sign-in">${words.signInFirst}</a></p>`
  if (loan !== undefined && loan.member !== member.name) return html`<p class="note">${words.taken}</p>`
  if (loan === undefined && !mayBorrow) return html`<p class="note">${words.enough}</p>`
  const [change, text] = loan === undefined ? ['borrow', words.borrow] : ['return', words.giveBack]
  return html`<form method="post" action="/${language}/books/${book.id}/${change}"><button>${text}</button></form>`
}
