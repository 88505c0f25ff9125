// The settings of the application itself: a plugin may append to lists that allow it and change defaults, but override nothing.

import { FORMS } from '../manifest/names.ts'
import { type DeepReadonly, type Static, Type } from '../schema.ts'

export const hostSettings = Type.Object(
  {
    type: Type.Literal('object', { description: 'Settings are an object' }),
    properties: Type.Record(
      Type.String({ pattern: FORMS.settingKey.pattern }),
      Type.Object(
        {
          type: Type.Enum(['string', 'number', 'integer', 'boolean', 'array'], {
            description: 'Kind of the value',
          }),
          'x-append': Type.Optional(Type.Boolean({ description: 'Whether plugins may append to this list' })),
        },
        { additionalProperties: true, description: 'One setting: a JSON Schema' },
      ),
      {
        additionalProperties: false,
        maxProperties: 500,
        propertyNames: { maxLength: 64 },
        description: 'The settings, by key',
      },
    ),
    required: Type.Optional(Type.Array(Type.String(), { description: 'Keys that must have a value' })),
  },
  { additionalProperties: false, description: 'The settings of the application' },
)
export type HostSettings = DeepReadonly<Static<typeof hostSettings>>
