// Validates what a visitor writes.

export interface NewEntry {
  readonly name: string
  readonly text: string
}

export type ReadEntry =
  | { readonly ok: true; readonly entry: NewEntry }
  | { readonly ok: false; readonly field: 'name' | 'text'; readonly error: string }

const MAX_NAME = 60
const MAX_TEXT = 1000

/** Validates a JSON body. Line feeds stay in the text; other control characters are removed. */
export function readEntry(body: unknown): ReadEntry {
  const { name, text } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  if (typeof name !== 'string' || tidy(name) === '')
    return { ok: false, field: 'name', error: 'A name is missing' }
  if (tidy(name).length > MAX_NAME)
    return { ok: false, field: 'name', error: `A name has ${MAX_NAME} characters at most` }
  if (typeof text !== 'string' || tidy(text) === '')
    return { ok: false, field: 'text', error: 'A text is missing' }
  if (tidy(text).length > MAX_TEXT)
    return { ok: false, field: 'text', error: `A text has ${MAX_TEXT} characters at most` }
  return { ok: true, entry: { name: tidy(name).replaceAll('\n', ' '), text: tidy(text) } }
}

function tidy(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[^\P{Cc}\n]/gu, '')
    .trim()
}
