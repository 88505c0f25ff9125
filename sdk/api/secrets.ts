// The key that seals secrets in the store.

import { FORMS } from '../manifest/names.ts'
import { Type } from '../schema.ts'
import { STRICT, Text, type TypeOf } from './shape.ts'

export const RotateRequest = Type.Object(
  {
    acceptLoss: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Make a new key although some secrets cannot be read with the old one',
      }),
    ),
  },
  STRICT,
)

export const Rotation = Type.Object(
  {
    rotated: Type.Integer({ minimum: 0, description: 'Secrets that are sealed with the new key' }),
    unreadable: Type.Array(
      Type.Object({ pluginId: Type.String({ pattern: FORMS.id.pattern }), key: Text }, STRICT),
      {
        description: 'Secrets that could not be read before, and cannot now: set them again',
      },
    ),
  },
  STRICT,
)
export type Rotation = TypeOf<typeof Rotation>
