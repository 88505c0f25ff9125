// The forms of sign-in, as HTML.

import { escapeHtml } from '../pages/error-page.ts'
import type { Say } from './words/words.ts'

export interface Field {
  readonly name: string
  readonly label: string
  readonly autocomplete: 'username' | 'current-password' | 'new-password'
  readonly value?: string
  readonly hasFocus?: boolean
  readonly isFixed?: boolean
}

export interface Form {
  readonly action: string
  readonly fields: readonly Field[]
  readonly hidden?: Readonly<Record<string, string>>
  readonly button: string
  readonly isPlain?: boolean
}

export function form({ action, fields, hidden = {}, button, isPlain = false }: Form): string {
  const kept = Object.entries(hidden).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`,
  )
  return `<form method="post" action="${escapeHtml(action)}">
${[...kept, ...fields.map(field)].join('\n')}
<button${isPlain ? ' class="plain"' : ''}>${escapeHtml(button)}</button>
</form>`
}

function field({ name, label, autocomplete, value = '', hasFocus = false, isFixed = false }: Field): string {
  const type = autocomplete === 'username' ? 'text' : 'password'
  const more = (hasFocus ? ' autofocus' : '') + (isFixed ? ' readonly' : '')
  return `<label>${escapeHtml(label)}
<input name="${name}" type="${type}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false" maxlength="400" required${more} value="${escapeHtml(value)}">
</label>`
}

export function heading(text: string): string {
  return `<h1 dir="auto">${escapeHtml(text)}</h1>`
}

export function note(kind: 'soft' | 'bad' | 'good', text: string): string {
  const role = kind === 'bad' ? ' role="alert"' : kind === 'good' ? ' role="status"' : ''
  return `<p class="${kind}"${role}>${escapeHtml(text)}</p>`
}

export function link(href: string, text: string, className = ''): string {
  const named = className === '' ? '' : ` class="${className}"`
  return `<a${named} href="${escapeHtml(href)}">${escapeHtml(text)}</a>`
}

/** The two fields of a password that is chosen. */
export function newPasswordFields(say: Say): readonly Field[] {
  return [
    { name: 'password', label: say('newPassword'), autocomplete: 'new-password' },
    { name: 'again', label: say('again'), autocomplete: 'new-password' },
  ]
}
