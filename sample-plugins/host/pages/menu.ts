// A menu of links to pages of plugins: a button that opens the list, with a heading for each category. Nothing where the menu is empty.

import { html } from 'hono/html'
import type { MenuGroup } from 'plugbay'
import type { Html } from './page.ts'

export function menu(title: string, groups: readonly MenuGroup[]): Html | '' {
  if (groups.length === 0) return ''
  return html`<details class="menu"><summary class="button quiet">${title}</summary>
  ${groups.map(
    ({ category, items }) => html`<h3 dir="auto">${category}</h3>
  <ul>${items.map(
    ({ title: text, href, icon }) =>
      html`<li><a class="menu-link" href="${href}"><svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="${icon.path}"/></svg><span dir="auto">${text}</span></a></li>`,
  )}</ul>`,
  )}
</details>`
}
