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
  /**
   * Returns the result, or a promise of it. A PlugbayError that it throws reaches the plugin with code and message; of other errors the
   * plugin learns nothing, and the log of the server has them.
   */
  run(args: unknown, caller: CallCaller): unknown
}

export interface CallCaller {
  /** The id of the plugin that calls. */
  readonly plugin: string
  /** Aborted when the plugin does not wait any longer. */
  readonly signal: AbortSignal
}
