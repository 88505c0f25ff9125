// Who changed what, newest first.

import { Type } from '../../../sdk/schema.ts'
import { defineRoute } from './route.ts'
import { AuditEntry, listOf, PAGE } from './schemas.ts'

export const auditRoutes = [
  defineRoute({
    method: 'GET',
    path: '/audit',
    operationId: 'listAudit',
    summary: 'Who changed what',
    tag: 'audit',
    permission: 'audit.view',
    query: Type.Object(
      {
        ...PAGE,
        subject: Type.Optional(Type.String({ maxLength: 100, description: 'A plugin, user or token' })),
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'Entries, newest first', schema: listOf(AuditEntry) } },
    async handle({ query, services }) {
      return { status: 200, json: await services.store.audit.list(query) }
    },
  }),
]
