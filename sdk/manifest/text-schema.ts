// The schema of text that people read.

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
