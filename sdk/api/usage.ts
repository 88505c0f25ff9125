// How much a plugin has used lately, as points for a chart.

import { Type } from '../schema.ts'
import { STRICT, Time, type TypeOf } from './shape.ts'

export const USAGE_PERIODS = ['hour', 'day'] as const

export const UsageQuery = Type.Object(
  {
    period: Type.Optional(
      Type.Enum([...USAGE_PERIODS], {
        description:
          '"hour", the default: at most 60 points of a minute; "day": at most 96 points of 15 minutes',
      }),
    ),
  },
  STRICT,
)
export type UsagePeriod = (typeof USAGE_PERIODS)[number]

export const UsagePoint = Type.Object(
  {
    at: Time,
    seconds: Type.Number({ description: 'Of the time before "at" that it tells of' }),
    cpuPercent: Type.Number({ description: 'Of a core, background tasks included' }),
    memoryMb: Type.Number({ description: 'The most that was seen, background tasks included' }),
    requests: Type.Number(),
    errors: Type.Number({ description: 'Requests that the backend failed' }),
  },
  STRICT,
)
export type UsagePoint = TypeOf<typeof UsagePoint>

export const UsageHistory = Type.Object(
  {
    items: Type.Array(UsagePoint, {
      description: 'Oldest first, none before the start of the server; the last one still grows',
    }),
    nextCursor: Type.Null(),
  },
  STRICT,
)
export type UsageHistory = TypeOf<typeof UsageHistory>
