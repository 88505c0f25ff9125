// Calls: functions of the application that plugins may call, where an administrator grants them.

import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { type JsonSchema, schemaOf } from './json-schema.ts'
import { POINT, STRICT } from './point.ts'

/** Of a point: the result is a stream of bytes. */
export const STREAM = 'stream'

export const callPoint = Type.Object(
  {
    ...POINT,
    args: schemaOf('The argument'),
    result: Type.Unsafe<JsonSchema | typeof STREAM>({
      type: ['object', 'boolean', 'string'],
      pattern: `^${STREAM}$`,
      description: `The result: a JSON Schema, or "${STREAM}" for a stream of bytes`,
    }),
    body: Type.Optional(
      Type.Boolean({ default: false, description: 'Whether it takes a stream of bytes beside its argument' }),
    ),
    effect: Type.Optional(Type.Boolean({ default: true, description: 'Whether it may change something' })),
    deadlineMs: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3_600_000,
        default: 60_000,
        description: 'How long it may take, or a stream may stand still, in milliseconds',
      }),
    ),
  },
  STRICT,
)
/** A call as others see it. */
export type CallPoint = DeepReadonly<Static<typeof callPoint>>

/** A call as the application declares it. */
export interface DeclaredCall extends CallPoint {
  /**
   * Returns the result, or a promise of it; with `result: 'stream'` a ReadableStream of Uint8Array. A PlugbayError that it throws reaches the plugin with code and message; of other errors the
   * plugin learns nothing, and the log of the server has them.
   */
  run(args: unknown, caller: CallCaller): unknown
}

export interface CallCaller {
  /** The id of the plugin that calls. */
  readonly plugin: string
  /** Aborted when the plugin does not wait any longer. */
  readonly signal: AbortSignal
  /** For CPU time that a process of the application has used for the call, in milliseconds: it counts as if the plugin had computed. */
  readonly charge: (ms: number) => void
  /** With `body: true`: what the plugin sends beside the argument, at the pace at which it is read; otherwise empty. */
  readonly body: ReadableStream<Uint8Array>
}
