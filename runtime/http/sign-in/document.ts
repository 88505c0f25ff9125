// The frame of the pages of sign-in: plain HTML that works without scripts, light and dark, and the headers that it is sent with.
// Invariant: what is not of this code stands in it as text.

import { createHash } from 'node:crypto'
import { escapeHtml } from '../pages/error-page.ts'
import { LEAD_ON_SOURCE, type LeadOn, leadOnTo } from '../pages/lead-on.ts'
import type { ReadersWords } from './words/words.ts'

/** Of the squares with letters, in degrees: classes `tile-0` and so on. */
export const TILE_HUES = [200, 265, 320, 165, 60, 355, 130, 235] as const

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#59636e, #9198a1);
  --card: light-dark(#fff, #161b22); --page: light-dark(#f6f8fa, #0d1117); --accent: light-dark(#0b7285, #3bc9db);
  --on-accent: light-dark(#fff, #0d1117); --bad: light-dark(#b42318, #ffa198); --good: light-dark(#1a7f37, #7ee787) }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; padding: 1rem; background: var(--page) }
main { max-width: 26rem; margin: 10vh auto 2rem; padding: 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px }
main.wide { max-width: 52rem; margin-top: 4vh }
h1 { font-size: 1.4rem; margin: 0 0 1rem; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem }
label { display: block; margin: .75rem 0; font-weight: 500 }
input { display: block; width: 100%; margin-top: .25rem; padding: .5rem .75rem; font: inherit; border: 1px solid var(--line); border-radius: 6px }
button, .button { display: block; width: 100%; margin: 1rem 0 0; padding: .6rem 1rem; font: inherit; font-weight: 600; text-align: center;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: 6px; cursor: pointer; text-decoration: none }
.plain { color: inherit; background: none; border-color: var(--line) }
.small { width: auto; margin: 0; padding: .3rem .75rem }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
p { margin: .5rem 0 }
.soft { color: var(--soft); font-size: .9rem }
.bad, .good { padding: .5rem .75rem; border: 1px solid; border-radius: 6px }
.bad { color: var(--bad) } .good { color: var(--good) }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; margin-bottom: 1rem }
header h1 { margin: 0 } header nav { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center }
ul.plugins { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)) }
ul.plugins > li { display: flex; flex-direction: column; border: 1px solid var(--line); border-radius: 8px }
ul.plugins > li:has(a.plugin:hover) { border-color: var(--accent) }
ul.plugins a { color: inherit; text-decoration: none }
.plugin { display: flex; flex-grow: 1; gap: .75rem; align-items: start; padding: .75rem; border-radius: 8px }
ul.items { list-style: none; margin: 0; padding: .25rem; border-top: 1px solid var(--line) }
ul.items a { display: flex; gap: .75rem; align-items: center; padding: .4rem .5rem; border-radius: 6px; overflow-wrap: anywhere }
ul.items a:hover { color: var(--accent) }
ul.items svg { flex: none; width: 1.25rem; height: 1.25rem; fill: none; stroke: currentColor; stroke-width: 1.75;
  stroke-linecap: round; stroke-linejoin: round }
ul.plugins img, .tile { flex: none; width: 2.5rem; height: 2.5rem; border-radius: 6px; object-fit: contain }
.tile { display: grid; place-items: center; font-weight: 700; color: var(--on-accent);
  background: light-dark(oklch(46% .1 var(--hue)), oklch(80% .1 var(--hue))) }
${TILE_HUES.map((hue, index) => `.tile-${index} { --hue: ${hue} }`).join(' ')}
.plugin > span:last-child { display: grid; align-content: center; min-width: 0; min-height: 2.5rem }
ul.plugins strong { display: block; overflow-wrap: anywhere }
ul.plugins .soft { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; overflow-wrap: anywhere }
`
/** In the document: browsers ask for /favicon.ico otherwise, and report that there is none. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0c8599"/><path d="M11 6v6M21 6v6M8 12h16v3a8 8 0 0 1-16 0zM16 23v4" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>',
)}`
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Forms may lead to the provider of OpenID only by a link: browsers would hold its redirects against "form-action". */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Not "no-referrer": with it, browsers send "Origin: null" with our own forms.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  vary: 'Accept-Language, Cookie',
}

export interface PageContent {
  readonly title: string
  /** HTML. */
  readonly body: string
  readonly isWide?: boolean
  /** Where the page leads at once, from its first link. */
  readonly leadsOn?: LeadOn
  readonly status?: number
  /** Further headers; several cookies are several entries. */
  readonly headers?: readonly (readonly [string, string])[]
}

export function page({ language, dir }: ReadersWords, content: PageContent): Response {
  const { title, body, isWide = false, leadsOn, status = 200, headers = [] } = content
  const html = `<!doctype html>
<html lang="${language}" dir="${dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<link rel="icon" href="${ICON}">
${leadsOn?.head ?? ''}<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main${isWide ? ' class="wide"' : ''}>
${body}
</main>
</body>
</html>
`
  const all = new Headers(HEADERS)
  if (leadsOn !== undefined) all.set('content-security-policy', `${POLICY}; script-src ${LEAD_ON_SOURCE}`)
  for (const [name, value] of headers) all.append(name, value)
  if (status === 401) all.set('www-authenticate', 'Bearer realm="plugbay"')
  return new Response(html, { status, headers: all })
}

/** 303: whatever the method was, the answer is at another path. @param location a path of ours */
export function seeOther(location: string, headers: readonly (readonly [string, string])[] = []): Response {
  const all = new Headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
  for (const [name, value] of headers) all.append(name, value)
  return new Response(null, { status: 303, headers: all })
}

/** Leads to a path of ours by a navigation that our own page begins (pages/lead-on.ts). */
export function bounce(
  words: ReadersWords,
  path: string,
  headers: readonly (readonly [string, string])[] = [],
): Response {
  const leadsOn = leadOnTo(path)
  return page(words, { title: words.say('signIn'), leadsOn, body: `<p>${leadsOn.link(path)}</p>`, headers })
}
