// What a plugin has done, as "plugbay dev" records it: requests and other guest calls, and the host calls of each.

import { Type } from '../schema.ts'
import { orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

const Outcome = Type.String({
  description: '"running", "ok", or the code of an error ("GUEST_ERROR", "PERMISSION_DENIED", …)',
})

export const RecordedHostCall = Type.Object(
  {
    name: Type.String({ description: 'As in the table of host calls: "kv.get"' }),
    detail: Type.String({
      description: 'Its arguments, cut; of a statement, its SQL; of a fetch, its address',
    }),
    afterMs: Type.Number({ description: 'Since the begin of the call that made it' }),
    ms: orNull(Type.Number({ description: 'Until its result, or the head of a result that streams' })),
    outcome: Outcome,
    message: Type.Optional(Type.String({ description: 'Of an error' })),
  },
  STRICT,
)
export type RecordedHostCall = TypeOf<typeof RecordedHostCall>

export const RecordedCall = Type.Object(
  {
    seq: Type.Integer({ description: 'Grows with every call of the plugin' }),
    requestId: orNull(
      Type.String({
        description:
          'That of its log lines; null for host calls that belong to no guest call, and where the plugin was not reached',
      }),
    ),
    call: Type.String({ description: 'As in the table of guest calls: "fetch", "hook.apply"; else "none"' }),
    title: Type.String({ description: '"GET /entries?all"; of other guest calls the handler, "tasks.tidy"' }),
    user: orNull(Text),
    startedAt: Time,
    ms: orNull(
      Type.Number({ description: 'Until the answer, or its head if it streams; null while it runs' }),
    ),
    status: orNull(Type.Integer({ description: 'Of a response' })),
    bytes: orNull(Type.Integer({ description: 'Of a body that was answered in one piece' })),
    reached: Type.Boolean({
      description: 'False: the server answered before the plugin had it; "outcome" and "message" say why',
    }),
    outcome: Outcome,
    message: Type.Optional(Type.String({ description: 'Of an error, or why the plugin was not reached' })),
    requestHeaders: Type.Array(Type.Array(Text), { description: 'Name and value; credentials are masked' }),
    responseHeaders: Type.Array(Type.Array(Text)),
    hostCalls: Type.Array(RecordedHostCall),
    moreHostCalls: Type.Integer({ description: 'Made, but no longer recorded' }),
  },
  STRICT,
)
export type RecordedCall = TypeOf<typeof RecordedCall>

export const Recording = Type.Object(
  { items: Type.Array(RecordedCall), nextCursor: Type.Null() },
  { ...STRICT, description: 'The last calls, newest first' },
)
export type Recording = TypeOf<typeof Recording>

/** The events of the stream, by name, with their data. */
export const RECORDING_EVENTS = { call: RecordedCall }

const AdvisedPiece = Type.Object(
  {
    permission: Text,
    label: Type.String({ description: 'The piece in words; "" for the whole permission' }),
    value: Type.Unknown({ description: 'As in the manifest; null where only the author can say which' }),
  },
  STRICT,
)

export const PermissionAdvice = Type.Object(
  {
    asked: Type.Unknown({ description: '"permissions" of the manifest' }),
    suggested: Type.Unknown({ description: 'The same with what it lacked, and without what it never used' }),
    diff: Type.String({ description: 'Of the two, in lines; "" where they are the same' }),
    lacking: Type.Array(AdvisedPiece, { description: 'Used but not asked for, since the server started' }),
    unused: Type.Array(AdvisedPiece, { description: 'Asked for but never used, since the server started' }),
    unseen: Type.Array(Text, { description: 'Asked for, and the server does not see whether they are used' }),
  },
  STRICT,
)
export type PermissionAdvice = TypeOf<typeof PermissionAdvice>
