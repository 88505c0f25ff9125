// The actions that plugins offer on one object: by category, each with its form, or with the reason why it is not ready.

import { html } from 'hono/html'
import type { ActionView } from 'plugbay'
import type { Html } from '../page.ts'
import { type Choices, field } from './field.ts'
import type { ActionWords } from './words.ts'

export interface OfferedActions {
  readonly actions: readonly ActionView[]
  readonly choices: Choices
  /** Absent in the context "general". */
  readonly objectId?: string | undefined
}

export function actionPanel(title: string, offered: OfferedActions, words: ActionWords): Html {
  const { actions } = offered
  const categories = Map.groupBy(actions, ({ category }) => category ?? '')
  return html`<section class="actions">
  <h2 dir="auto">${title}</h2>
  ${actions.length === 0 ? html`<p class="facts">${words.none}</p>` : ''}
  ${[...categories].map(
    ([category, all]) => html`${category === '' ? '' : html`<h3 dir="auto">${category}</h3>`}
  ${all.map((action) => actionItem(action, offered, words))}`,
  )}
</section>`
}

function actionItem(action: ActionView, offered: OfferedActions, words: ActionWords): Html {
  const { title, description, icon, ready, reason } = action
  const said = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${icon.path}"/></svg><span dir="auto"><strong>${title}</strong>${description === null ? '' : html`<small>${description}</small>`}</span>`
  if (!ready)
    return html`<div class="action off">${said}<span class="reason" dir="auto"><b>${words.notReady}</b> ${reason}</span></div>`
  return html`<details class="action"><summary>${said}</summary>${actionForm(action, offered, words)}</details>`
}

function actionForm(
  { plugin, id, context, arguments: schema }: ActionView,
  { choices, objectId }: OfferedActions,
  words: ActionWords,
): Html {
  const form = `${plugin}-${id}-${context}`
  const fields = Object.entries(schema.properties ?? {}).map(([key, property]) => ({
    isAdvanced: property['x-advanced'] === true,
    shown: field({
      ...{ key, property, choices, words, form },
      isRequired: schema.required?.includes(key) ?? false,
    }),
  }))
  const advanced = fields.filter(({ isAdvanced }) => isAdvanced).map(({ shown }) => shown)
  return html`<form class="run" data-plugin="${plugin}" data-action="${id}" ${objectId === undefined ? '' : html`data-object="${objectId}"`} novalidate>
  ${fields.filter(({ isAdvanced }) => !isAdvanced).map(({ shown }) => shown)}
  ${advanced.length === 0 ? '' : html`<details class="advanced"><summary>${words.advanced}</summary>${advanced}</details>`}
  <button>${words.run}</button>
  <div class="outcome" role="status"></div>
</form>`
}
