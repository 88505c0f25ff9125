// The schema of human-readable text.

import { Type } from '../schema.ts'
import { FORMS } from './names.ts'

/** A string, or an object that maps language tags to strings. `maxLength` counts characters. */
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
