// One media file: its content, as far as a browser shows it, and what can be done with it.

import { html } from 'hono/html'
import type { MediaFile } from '../../media/media-library.ts'
import { mediaTypeOf } from '../../media/media-types.ts'
import { type Html, page, type View } from '../page.ts'
import { actionPanel, type OfferedActions } from './action-panel.ts'
import { bytes } from './bytes.ts'
import { actionWords } from './words.ts'

export function filePage(view: View, file: MediaFile, offered: OfferedActions): Html {
  const { language } = view
  const words = actionWords(language)
  const { id, name, folder, bytes: size } = file
  const back = `/${language}/media?${new URLSearchParams({ folder }).toString()}`
  return page(
    view,
    name,
    html`<p><a href="${back}" dir="auto">${folder}</a></p>
<div class="media" data-words="${JSON.stringify(words.script)}" data-base="/${language}">
  <div class="contents wide">
    <h1 dir="auto">${name}</h1>
    ${preview(file, `/${language}/media/files/${id}/content`)}
    <p class="facts">${bytes(size, language)}</p>
    <p class="note" data-gone hidden>${words.gone} <a href="${back}" dir="auto">${folder}</a></p>
  </div>
  <div class="panels">${actionPanel(words.actions, offered, words)}</div>
</div>
<script type="module" src="/actions.js"></script>`,
  )
}

function preview({ name }: MediaFile, address: string): Html {
  const type = mediaTypeOf(name)
  if (type.startsWith('image/')) return html`<img class="preview" src="${address}" alt="">`
  if (type.startsWith('audio/')) return html`<audio class="preview" src="${address}" controls></audio>`
  return html`<p><a class="button quiet" href="${address}" download="${name}">${name}</a></p>`
}
