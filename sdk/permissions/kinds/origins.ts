// Lists of origins, such as "https://api.example.org".

import { FORMS } from '../../manifest/names.ts'
import type { Mistake } from '../kind.ts'
import { list } from './list.ts'

/** Browsers and Node have it; the types that the guest is compiled with do not. */
declare const URL: { parse(text: string): { readonly origin: string } | null }

export const ORIGIN = {
  type: 'string',
  pattern: FORMS.origin.pattern,
  minLength: 1,
  maxLength: 300,
  description: 'An origin, such as "https://api.example.org"',
} as const

export const origins = list(ORIGIN, {
  covers: isSameOrigin,
  label: (origin) => origin,
  mistake: originMistake,
})

/** Two spellings of one origin are equal; a string that is not a URL equals only itself. */
export function isSameOrigin(one: string, other: string): boolean {
  return originOf(one) === originOf(other)
}

export function originMistake(entry: string): Omit<Mistake, 'place'> | undefined {
  const origin = URL.parse(entry)?.origin
  if (origin === entry) return undefined
  const hint = origin === undefined ? 'Write it like "https://api.example.org"' : `Write "${origin}"`
  return { entry, is: 'not an origin in its usual form', hint }
}

function originOf(text: string): string {
  const url = URL.parse(text)
  return url === null || url.origin === 'null' ? text : url.origin
}
