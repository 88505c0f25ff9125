// Places in pages of the application, which show parts of plugins.

import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { schemaOf } from './json-schema.ts'
import { POINT, STRICT } from './point.ts'

export const slotPoint = Type.Object(
  {
    ...POINT,
    params: Type.Optional(schemaOf('What the page passes to the parts')),
    modes: Type.Optional(
      Type.Array(Type.Enum(['append', 'wrap', 'replace']), {
        minItems: 1,
        uniqueItems: true,
        description: 'What a part may do with the content of the place; "append" by default',
      }),
    ),
  },
  STRICT,
)
export type SlotPoint = DeepReadonly<Static<typeof slotPoint>>
