// Text that people read: one string, or one per language.

import { Type } from '../schema.ts'
import { FORMS } from './names.ts'

/** A string, or an object of language tags and strings. `maxLength` counts characters. */
export function textOf(maxLength: number, description: string) {
  const text = Type.String({ minLength: 1, maxLength })
  const byLanguage = Type.Record(Type.String({ pattern: FORMS.language.pattern }), text, {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 200,
  })
  return Type.Union([text, byLanguage], {
    description: `${description}; one string, or an object with one per language`,
  })
}

export type Text = string | Readonly<Record<string, string>>

/** The text in the first of the languages that it has; else in English; else in whatever language comes first. */
export function textIn(text: Text, languages: readonly string[]): string {
  if (typeof text === 'string') return text
  for (const language of [...languages, 'en']) {
    const found = Object.hasOwn(text, language) ? text[language] : undefined
    if (found !== undefined) return found
  }
  return Object.values(text)[0] ?? ''
}
