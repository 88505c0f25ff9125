// A sentence, where there is nothing else to show.

import { html } from 'hono/html'
import { type Html, page, type View } from './page.ts'

export function messagePage(view: View, message: string): Html {
  const back = html`<p><a href="/${view.language}/">${view.words.back}</a></p>`
  return page(view, message, html`<p class="empty">${message}</p>${back}`)
}
