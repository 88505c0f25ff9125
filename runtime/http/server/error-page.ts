// The page behind the "type" of every problem response: each error code with its meaning and what to do, from the table itself.

import { ERROR_CODES } from '../../errors.ts'

/** A whole HTML page; the anchor of a row is its code. */
export function errorPage(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { status, title, hint }]) =>
      `<dt id="${code}"><code>${code}</code> (${status})</dt><dd>${asHtml(title)}. ${asHtml(hint)}.</dd>`,
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Error codes</title><h1>Error codes</h1><dl>${rows.join('')}</dl></html>`
}

function asHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
