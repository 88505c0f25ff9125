// The audit log: who changed what.

import { Type } from '../schema.ts'
import { PAGE } from './lists.ts'
import { Anything, orNull, STRICT, Time, type TypeOf } from './shape.ts'

export const AuditEntry = Type.Object(
  {
    seq: Type.Integer(),
    time: Time,
    actor: Type.String({ description: 'Name of the principal, or "system"' }),
    actorToken: orNull(
      Type.String({
        description:
          'Id of the token that the principal used, also by way of a browser session; null without one',
      }),
    ),
    actorUser: orNull(
      Type.String({
        description: 'Id of the user who was signed in; null for tokens, and what belongs to none',
      }),
    ),
    action: Type.String({ description: 'For example "plugin.install", "grants.set", "token.create"' }),
    subject: Type.String({ description: 'The plugin, user or token that was acted on' }),
    detail: Type.Record(Type.String(), Anything),
  },
  STRICT,
)
export type AuditEntry = TypeOf<typeof AuditEntry>

export const AuditQuery = Type.Object(
  {
    ...PAGE,
    subject: Type.Optional(Type.String({ maxLength: 100, description: 'A plugin, user or token' })),
  },
  STRICT,
)
export type AuditQuery = TypeOf<typeof AuditQuery>
