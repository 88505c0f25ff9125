// The first page: search, subjects, and the books.

import { html } from 'hono/html'
import type { Book } from '../database/types.ts'
import { subjectName } from '../words.ts'
import { shelf } from './book-card.ts'
import { type Html, page, type View } from './page.ts'

interface Found {
  readonly books: readonly Book[]
  readonly subjects: readonly string[]
  readonly notices: readonly string[]
  readonly filter: { readonly text: string; readonly subject: string }
}

export function libraryPage(view: View, { books, subjects, notices, filter }: Found): Html {
  const { language, words } = view
  const chip = (subject: string, name: string) =>
    html`<a class="chip" href="/${language}/?${new URLSearchParams({ q: filter.text, subject }).toString()}"
      ${subject === filter.subject ? html`aria-current="true"` : ''}>${name}</a>`
  return page(
    view,
    words.library,
    html`${notices.map((notice) => html`<p class="note"><bdi>${notice}</bdi></p>`)}
<section class="hero">
  <h1>${words.welcome}</h1>
  <form class="search" role="search" action="/${language}/">
    <input type="search" name="q" value="${filter.text}" placeholder="${words.search}" aria-label="${words.search}" maxlength="100">
    <input type="hidden" name="subject" value="${filter.subject}">
  </form>
  <div class="chips">${chip('', words.all)}${subjects.map((subject) => chip(subject, subjectName(subject, words)))}</div>
</section>
<plugbay-slot name="library.front"></plugbay-slot>
${books.length === 0 ? html`<p class="empty">${words.nothing}</p>` : shelf(view, books)}`,
  )
}
