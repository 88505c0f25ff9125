// The templates of the application, and the values that they are rendered with.

import { FORMS } from '../manifest/names.ts'
import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { STRICT } from './point.ts'

export const hostTemplates = Type.Object(
  {
    values: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        description: 'Path of a YAML file with the values of the application, by name',
      }),
    ),
    secrets: Type.Optional(
      Type.Array(Type.String({ pattern: FORMS.valueKey.pattern, maxLength: 200 }), {
        maxItems: 1000,
        uniqueItems: true,
        description: 'Names of values that are secrets',
      }),
    ),
  },
  { ...STRICT, description: 'Templates of the application, and their values' },
)
export type HostTemplates = DeepReadonly<Static<typeof hostTemplates>>
