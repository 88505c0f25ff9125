// One series: its books, and what can be done with all of them.

import { html } from 'hono/html'
import type { Series } from '../../database/series.ts'
import { shelf } from '../book-card.ts'
import { type Html, page, type View } from '../page.ts'
import { actionPanel, type OfferedActions } from './action-panel.ts'
import { actionWords } from './words.ts'

export function seriesPage(view: View, { title, books }: Series, offered: OfferedActions): Html {
  const { language } = view
  const words = actionWords(language)
  return page(
    view,
    title,
    html`<p class="facts">${words.series}</p><h1 dir="auto">${title}</h1>
${shelf(view, books)}
<div class="below" data-words="${JSON.stringify(words.script)}" data-base="/${language}">${
      offered.actions.length === 0 ? '' : actionPanel(words.actions, offered, words)
    }</div>
<script type="module" src="/actions.js"></script>`,
  )
}
