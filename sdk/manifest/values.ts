// Values for the templates of the application: what a plugin adds, presets and changes.

import { Type } from '../schema.ts'
import { FORMS } from './names.ts'

export const MAX_VALUES = 200

const record = (description: string) =>
  Type.Record(Type.String({ pattern: FORMS.valueKey.pattern }), Type.Unknown(), {
    additionalProperties: false,
    maxProperties: MAX_VALUES,
    propertyNames: { maxLength: 100 },
    description,
  })

export const valuesSchema = Type.Object(
  {
    add: Type.Optional(
      record('New values, rendered once and then kept; their names get the prefix of the plugin'),
    ),
    defaults: Type.Optional(
      record('Values that count until others are set; their names get the prefix of the plugin'),
    ),
    set: Type.Optional(
      record("Values, by their full name, that the plugin changes while it serves; the operator's stay"),
    ),
    secrets: Type.Optional(
      Type.Array(Type.String({ pattern: FORMS.valueKey.pattern, maxLength: 100 }), {
        maxItems: MAX_VALUES,
        uniqueItems: true,
        description: 'Names in "add" and "defaults" whose values are secrets',
      }),
    ),
  },
  { additionalProperties: false, description: 'Values for the templates of the application' },
)
