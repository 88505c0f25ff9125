// One field of a form, from its JSON Schema. The script reads it back by `data-kind`, and shows what is wrong beside it.

import { html } from 'hono/html'
import type { FormProperty, ObjectChoice } from 'plugbay'
import type { Html } from '../page.ts'
import type { ActionWords } from './words.ts'

/** The objects to choose from, by context. */
export type Choices = ReadonlyMap<string, readonly ObjectChoice[]>

export interface FieldParts {
  readonly key: string
  readonly property: FormProperty
  readonly isRequired: boolean
  readonly choices: Choices
  readonly words: ActionWords
  /** Begins the ids of the elements: forms of several actions are on one page. */
  readonly form: string
}

/** Types of `<input>` for formats that browsers know. */
const INPUT_TYPES: Readonly<Record<string, string>> = {
  secret: 'password',
  email: 'email',
  uri: 'url',
  date: 'date',
}

export function field(parts: FieldParts): Html {
  const { key, property, isRequired, words, form } = parts
  const id = `${form}-${key}`
  const { title = key, description, default: preset } = property
  const hint = [description, isRequired || preset !== undefined ? undefined : words.optional]
  return html`<div class="field" data-field="${key}">
  <label for="${id}" dir="auto">${title}</label>
  ${control(parts, id)}
  <small dir="auto" id="${id}-hint">${hint.filter((text) => text !== undefined).join(' · ')}</small>
  <p class="fault" id="${id}-fault" role="alert" hidden></p>
</div>`
}

function control(parts: FieldParts, id: string): Html {
  const { key, property, isRequired, choices, words } = parts
  const { type, format, enum: values, 'x-context': context, 'x-clear-after': clears = false } = property
  const shared = html`id="${id}" name="${key}" aria-describedby="${id}-hint ${id}-fault"
    ${isRequired ? html`required` : ''} ${clears ? html`data-clear` : ''}`
  const preset = property.default
  const option = (value: string, text: string) =>
    html`<option value="${value}" ${value === String(preset ?? '') ? html`selected` : ''}>${text}</option>`
  const options = choicesOf(property, { context, choices, values })
  if (type === 'boolean')
    return html`<select ${shared} data-kind="boolean">${option('true', words.yes)}${option('false', words.no)}</select>`
  if (type === 'array' && options !== undefined)
    return html`<select ${shared} data-kind="list" multiple>${options.map(({ id: value, title }) => option(value, title))}</select>`
  if (type === 'array') return html`<textarea ${shared} data-kind="lines" rows="3" dir="auto"></textarea>`
  if (options !== undefined)
    return html`<select ${shared} data-kind="${type === 'string' ? 'text' : 'number'}">
    ${preset === undefined ? html`<option value="">${words.choose}</option>` : ''}
    ${options.map(({ id: value, title }) => option(value, title))}</select>`
  if (format === 'long-text')
    return html`<textarea ${shared} data-kind="text" rows="4" dir="auto" ${limits(property)}>${preset ?? ''}</textarea>`
  // Amounts with a unit, such as "500MB" or "1h30m", are text.
  if (type !== 'string' && format === undefined)
    return html`<input ${shared} data-kind="number" type="number" step="${type === 'integer' ? '1' : 'any'}" value="${preset ?? ''}" ${limits(property)}>`
  return html`<input ${shared} data-kind="text" type="${INPUT_TYPES[format ?? ''] ?? 'text'}" value="${preset ?? ''}"
    ${format === 'secret' ? html`autocomplete="off"` : ''} dir="auto" ${limits(property)}>`
}

function choicesOf(
  { items }: FormProperty,
  given: {
    readonly context: string | undefined
    readonly choices: Choices
    readonly values: FormProperty['enum']
  },
): readonly ObjectChoice[] | undefined {
  const { context, choices, values = items?.enum } = given
  if (context !== undefined) return choices.get(context) ?? []
  return values?.map((value) => ({ id: String(value), title: String(value) }))
}

/** The browser says it at once; the runtime checks again. */
function limits({ type, format, minimum, maximum, minLength, maxLength }: FormProperty): Html {
  if (type === 'string')
    return html`${minLength === undefined ? '' : html`minlength="${minLength}"`} ${maxLength === undefined ? '' : html`maxlength="${maxLength}"`}`
  if (format !== undefined) return html``
  return html`${minimum === undefined ? '' : html`min="${minimum}"`} ${maximum === undefined ? '' : html`max="${maximum}"`}`
}
