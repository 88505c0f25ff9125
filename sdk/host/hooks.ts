// Hooks: places in the code of the application where plugins may change a value, or are notified of one.

import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { schemaOf } from './json-schema.ts'
import { POINT, STRICT } from './point.ts'

export const hookPoint = Type.Object(
  {
    ...POINT,
    value: schemaOf('The value, before and after every plugin'),
    mode: Type.Optional(
      Type.Enum(['filter', 'notify'], {
        default: 'filter',
        description:
          'Whether each plugin gets the value of the one before and returns the next, or all get the same value and their results are ignored',
      }),
    ),
    cardinality: Type.Optional(
      Type.Enum(['one', 'many'], {
        default: 'many',
        description: 'Whether one plugin is called, the first in order, or all',
      }),
    ),
    deadlineMs: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 60_000,
        default: 1000,
        description: 'Time that each plugin has, in milliseconds',
      }),
    ),
    onError: Type.Optional(
      Type.Enum(['skip', 'fail'], {
        default: 'skip',
        description: 'Whether a plugin that fails is left out, or fails the call of the application',
      }),
    ),
  },
  STRICT,
)
export type HookPoint = DeepReadonly<Static<typeof hookPoint>>
