// The log of a plugin.

import { LOG_LEVELS } from '../protocol/log-levels.ts'
import { Type } from '../schema.ts'
import { PAGE } from './lists.ts'
import { STRICT, Text, Time, type TypeOf } from './shape.ts'

export const LogLevel = Type.Enum([...LOG_LEVELS])
export type LogLevel = TypeOf<typeof LogLevel>

export const LogLine = Type.Object(
  {
    seq: Type.Integer({ description: 'Grows with every line of the plugin' }),
    time: Time,
    level: LogLevel,
    message: Text,
    requestId: Type.Optional(Text),
    stack: Type.Optional(Text),
  },
  STRICT,
)
export type LogLine = TypeOf<typeof LogLine>

export const LogQuery = Type.Object(
  { ...PAGE, level: Type.Optional(LogLevel) },
  { ...STRICT, description: 'With "text/event-stream", "limit" asks for so many older lines first' },
)
export type LogQuery = TypeOf<typeof LogQuery>

/** The events of the stream, by name, with their data. */
export const LOG_EVENTS = { log: LogLine }
