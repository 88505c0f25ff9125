// Why a plugin is in quarantine.

import { Type } from '../schema.ts'
import { LogLine } from './logs.ts'
import { Resources } from './resources.ts'
import { orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

const Failure = Type.Object({ time: Time, code: Text, message: Text }, STRICT)

export const Evidence = Type.Object(
  {
    time: Type.String({ format: 'date-time', description: 'When the plugin was stopped' }),
    version: Text,
    failures: Type.Array(Failure, { description: 'Oldest first' }),
    stack: orNull(Type.String({ description: "Of the last error that had one, in the author's files" })),
    log: Type.Array(LogLine, { description: 'The last 100 lines, oldest first' }),
    resources: Resources,
  },
  STRICT,
)
export type Evidence = TypeOf<typeof Evidence>
