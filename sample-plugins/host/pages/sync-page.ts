// Syncs with the district: start one, and see the last ones.

import { html } from 'hono/html'
import type { PastSync } from '../database/sync.ts'
import { type Html, page, type View } from './page.ts'

export function syncPage(view: View, syncs: readonly PastSync[]): Html {
  const { language, words } = view
  const when = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' })
  const row = ({ finishedAt, added, updated }: PastSync) => html`<tr>
  <td>${when.format(finishedAt)}</td><td>${added.toLocaleString(language)}</td><td>${updated.toLocaleString(language)}</td>
</tr>`
  return page(
    view,
    words.sync,
    html`<section class="panel">
  <h1>${words.sync}</h1>
  <p>${words.syncText}</p>
  <form method="post" action="/${language}/sync"><button>${words.syncNow}</button></form>
  <p class="menus">
    <plugbay-menu name="eventstream.sources">${words.sources}</plugbay-menu>
    <plugbay-menu name="credentials.reporting">${words.memberReports}</plugbay-menu>
  </p>
  <table><thead><tr><th>${words.when}</th><th>${words.added}</th><th>${words.updated}</th></tr></thead>
  <tbody>${syncs.map(row)}</tbody></table>
</section>`,
  )
}
