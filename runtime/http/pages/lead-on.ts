// Pages of ours that only lead on. A redirect would not do: browsers withhold a SameSite=Strict cookie from the whole navigation that
// another site began, and send it when our own page begins the next one.
// Invariant: the part after "#", which no server sees, comes along where scripts run.

import { createHash } from 'node:crypto'
import { escapeHtml, NO_ICON } from './error-page.ts'

const SCRIPT = 'location.replace(document.querySelector("a").href + location.hash)'

/** For the policy of such a page. */
export const LEAD_ON_SOURCE = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`

export interface LeadOn {
  /** HTML for the head. */
  readonly head: string
  /** HTML for the body: its first link. */
  link(text: string): string
}

/** @param address where the browser goes at once, without a part after "#" */
export function leadOnTo(address: string): LeadOn {
  const target = escapeHtml(address)
  return {
    head: `<noscript><meta http-equiv="refresh" content="0;url=${target}"></noscript>`,
    link: (text) => `<a href="${target}">${escapeHtml(text)}</a><script>${SCRIPT}</script>`,
  }
}

/** The whole page. */
export function leadOnPage(address: string): string {
  const { head, link } = leadOnTo(address)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${head}
${NO_ICON}
<title>One moment</title>
</head>
<body><p>${link('Go on')}</p></body>
</html>
`
}
