// Syncs with the district: start one, and see the last ones.

import { html } from 'hono/html'
import type { MenuGroup } from 'plugbay'
import type { PastSync } from '../database/sync.ts'
import { menu } from './menu.ts'
import { type Html, page, type View } from './page.ts'

interface Shown {
  readonly syncs: readonly PastSync[]
  readonly members: readonly MenuGroup[]
  readonly sources: readonly MenuGroup[]
}

export function syncPage(view: View, { syncs, members, sources }: Shown): Html {
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
  ${menu(words.sources, sources)} ${menu(words.memberReports, members)}
  <table><thead><tr><th>${words.when}</th><th>${words.added}</th><th>${words.updated}</th></tr></thead>
  <tbody>${syncs.map(row)}</tbody></table>
</section>`,
  )
}
