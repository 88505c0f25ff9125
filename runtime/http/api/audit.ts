// The audit log, newest first.

import { AuditEntry, AuditQuery } from '../../../sdk/api/audit.ts'
import { listOf } from '../../../sdk/api/lists.ts'
import { defineRoute } from './route.ts'

export const auditRoutes = [
  defineRoute({
    method: 'GET',
    path: '/audit',
    operationId: 'listAudit',
    summary: 'Who changed what',
    tag: 'audit',
    permission: 'audit.view',
    query: AuditQuery,
    responses: { 200: { description: 'Entries, newest first', schema: listOf(AuditEntry) } },
    async handle({ query, services }) {
      return { status: 200, json: await services.store.audit.list(query) }
    },
  }),
]
