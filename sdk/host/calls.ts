// Calls: functions of the application that plugins may call, where an administrator grants them.

import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { schemaOf } from './json-schema.ts'
import { POINT, STRICT } from './point.ts'

export const callPoint = Type.Object(
  {
    ...POINT,
    args: schemaOf('The argument'),
    result: schemaOf('The result'),
    effect: Type.Optional(Type.Boolean({ default: true, description: 'Whether it may change something' })),
  },
  STRICT,
)
/** A call as others see it. */
export type CallPoint = DeepReadonly<Static<typeof callPoint>>

/** A call as the application declares it. */
export interface DeclaredCall extends CallPoint {
  run(args: unknown, caller: { readonly plugin: string }): unknown
}
