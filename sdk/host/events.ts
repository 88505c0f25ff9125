// Events: facts of the application that plugins are notified of, and cannot change.

import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { schemaOf } from './json-schema.ts'
import { POINT, STRICT } from './point.ts'

export const eventPoint = Type.Object(
  {
    ...POINT,
    data: schemaOf('The data of the event'),
    durable: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether it is stored, and repeated until each plugin has handled it',
      }),
    ),
  },
  STRICT,
)
export type EventPoint = DeepReadonly<Static<typeof eventPoint>>
