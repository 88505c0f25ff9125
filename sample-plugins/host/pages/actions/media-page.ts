// The media folders: where to look, the files of one, and what can be done with all of it, with this folder and with the files that are chosen.

import { html } from 'hono/html'
import type { MediaFile, MediaFolder } from '../../media/media-library.ts'
import { type Html, page, type View } from '../page.ts'
import { actionPanel, type OfferedActions } from './action-panel.ts'
import { bytes } from './bytes.ts'
import { actionWords } from './words.ts'

interface Shown {
  readonly folders: readonly MediaFolder[]
  readonly folder: MediaFolder
  readonly files: readonly MediaFile[]
  readonly onAll: OfferedActions
  readonly onFolder: OfferedActions
  readonly onNothing: OfferedActions
}

export function mediaPage(view: View, { folders, folder, files, onAll, onFolder, onNothing }: Shown): Html {
  const { language } = view
  const words = actionWords(language)
  const hasAny = [onAll, onFolder, onNothing].some(({ actions }) => actions.length > 0)
  return page(
    view,
    words.media,
    html`<h1>${words.media}</h1>
<div class="media" data-words="${JSON.stringify(words.script)}" data-base="/${language}">
  <nav class="folders">${folders.map((each) => folderLink(view, each, folder))}</nav>
  <div class="contents">
    <h2 dir="auto">${folder.id}</h2>
    <div data-live="files">${files.length === 0 ? html`<p class="facts">${words.noFiles}</p>` : fileTable(view, files)}</div>
  </div>
  <div class="panels">
    ${hasAny ? '' : html`<p class="note">${words.noPlugins}</p>`}
    <div data-chosen><section class="actions"><h2>${words.chosen}</h2><p class="facts">${words.chooseSome}</p></section></div>
    <div>${actionPanel(`${words.thisFolder}: ${folder.title}`, onFolder, words)}</div>
    <div>${actionPanel(words.allMedia, onAll, words)}</div>
    <div>${actionPanel(words.actions, onNothing, words)}</div>
  </div>
</div>
<script type="module" src="/actions.js"></script>`,
  )
}

function folderLink({ language }: View, { id, title, path, files }: MediaFolder, shown: MediaFolder): Html {
  const current = id === shown.id ? html`aria-current="page"` : ''
  return html`<a href="/${language}/media?${new URLSearchParams({ folder: id }).toString()}" style="--depth: ${path.length}" ${current}>
  <span dir="auto">${title}</span><small>${files.toLocaleString(language)}</small></a>`
}

function fileTable({ language }: View, files: readonly MediaFile[]): Html {
  const words = actionWords(language)
  const row = ({ id, name, bytes: size }: MediaFile) => html`<tr>
    <td><input type="checkbox" name="chosen" value="${id}" aria-label="${name}"></td>
    <td><a href="/${language}/media/files/${id}" dir="auto">${name}</a></td>
    <td>${bytes(size, language)}</td>
  </tr>`
  return html`<table class="files"><thead><tr><th></th><th>${words.fileName}</th><th>${words.size}</th></tr></thead>
  <tbody>${files.map(row)}</tbody></table>`
}
