// The frame of all pages: head, navigation, and where the reader may go.

import { html } from 'hono/html'
import type { Member } from '../database/types.ts'
import type { Theme } from '../plugin-points.ts'
import { directionOf, LANGUAGES, type Language, type Words } from '../words.ts'
import { actionWords } from './actions/words.ts'

export type Html = ReturnType<typeof html>

/** What every page knows of its reader. */
export interface View {
  readonly language: Language
  readonly words: Words
  /** Without the language: "/books/3". */
  readonly path: string
  readonly member: Member | undefined
  readonly theme: Theme
}

export function page(view: View, title: string, content: Html): Html {
  const { language, words, member, theme } = view
  return html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}" style="--accent: ${theme.accent}; --accent-ink: ${theme.accentInk}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Baobab</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/style.css">
<link rel="stylesheet" href="/actions.css">
<script type="module" src="/apps/host-page.js"></script>
</head>
<body>
<header class="bar">
  <a class="brand" href="/${language}/"><span class="leaf" aria-hidden="true"></span>Baobab</a>
  <nav>
    ${link(view, '/', words.library)}
    ${member && link(view, '/loans', words.loans)}
    ${member && member.role !== 'pupil' ? [link(view, '/media', actionWords(language).media), link(view, '/tasks', actionWords(language).tasks)] : ''}
    ${member?.role === 'librarian' ? [link(view, '/sync', words.sync), html`<a href="/apps/admin/">${words.plugins}</a>`] : ''}
  </nav>
  <span class="languages">
    ${Object.entries(LANGUAGES).map(
      ([tag, { name }]) =>
        html`<a lang="${tag}" href="/${tag}${view.path}" ${tag === language ? html`aria-current="true"` : ''}>${name}</a>`,
    )}
  </span>
  ${
    member === undefined
      ? html`<a class="button quiet" href="/${language}/sign-in">${words.signIn}</a>`
      : html`<form method="post" action="/${language}/sign-out"><span class="who">${member.displayName}</span><button class="quiet">${words.signOut}</button></form>`
  }
</header>
<main>${content}</main>
</body>
</html>`
}

function link(view: View, path: string, text: string): Html {
  const current = view.path === path ? html`aria-current="page"` : ''
  return html`<a href="/${view.language}${path}" ${current}>${text}</a>`
}
