// The audit log: who changed what, and when. Rows are only ever added.
// Invariant: the row of a change is written by `recordAudit` inside the transaction of that change.

import type { AuditEntry } from '../sdk/api/audit.ts'
import { cutPage, pageStart } from './cursor.ts'
import type { Db, Engine } from './database/engine.ts'
import { fromJson, toJson } from './json-column.ts'
import type { Audit, AuditLog } from './store.ts'

export interface NewAuditEntry {
  readonly subject: string
  readonly audit: Audit
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Adds the row, in the caller's transaction. */
export async function recordAudit(db: Db, entry: NewAuditEntry): Promise<void> {
  await db
    .insertInto('audit')
    .values({
      time: new Date(entry.now).toISOString(),
      actor: entry.audit.actor,
      action: entry.audit.action,
      subject: entry.subject,
      detail: toJson(entry.audit.detail ?? {}),
    })
    .execute()
}

export function createAuditLog(engine: Engine, now: () => number): AuditLog {
  return {
    append: (subject, audit) => engine.transaction((db) => recordAudit(db, { subject, audit, now: now() })),

    list: (query) =>
      engine.read(async (db) => {
        const { limit, after } = pageStart('audit', query)
        let rows = db
          .selectFrom('audit')
          .selectAll()
          .orderBy('seq', 'desc')
          .limit(limit + 1)
        if (query.subject !== undefined) rows = rows.where('subject', '=', query.subject)
        if (after !== undefined) rows = rows.where('seq', '<', after)
        return cutPage(await rows.execute(), {
          list: 'audit',
          limit,
          toItem: ({ detail, ...row }): AuditEntry => ({ ...row, detail: fromJson(detail) }),
        })
      }),
  }
}
