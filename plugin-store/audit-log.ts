// The audit log: who changed what, and when. Rows are only ever added.
// Invariant: the row of a change is written by `recordAudit` inside the transaction of that change, and no change is written in
// the name of a token or a user that has ended.

import type { AuditEntry } from '../sdk/api/audit.ts'
import { cutPage, pageStart } from './cursor.ts'
import type { Db, Engine } from './database/engine.ts'
import { fromJson, toJson } from './json-column.ts'
import type { Audit, AuditLog } from './store.ts'
import { StoreError } from './store-error.ts'
import { limitsOf } from './token-limits.ts'

export interface NewAuditEntry {
  readonly subject: string
  readonly audit: Audit
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Adds the row, in the caller's transaction.
 * @throws StoreError UNAUTHENTICATED when the actor's token or user has ended since the command was given
 */
export async function recordAudit(db: Db, entry: NewAuditEntry): Promise<void> {
  const { actor } = entry.audit
  const { name, token = null, user = null } = typeof actor === 'string' ? { name: actor } : actor
  if (token !== null) await requireToken(db, token, entry.now)
  if (user !== null) await requireUser(db, user)
  await db
    .insertInto('audit')
    .values({
      time: new Date(entry.now).toISOString(),
      actor: name,
      actor_token: token,
      actor_user: user,
      action: entry.audit.action,
      subject: entry.subject,
      detail: toJson(entry.audit.detail ?? {}),
    })
    .execute()
}

async function requireToken(db: Db, id: string, now: number): Promise<void> {
  const row = await db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined || isExpired(row, now) || (await limitsOf(db, row)) === undefined)
    throw new StoreError('UNAUTHENTICATED', 'The token that gave the command has ended meanwhile')
}

async function requireUser(db: Db, id: string): Promise<void> {
  const row = await db.selectFrom('users').select('disabled').where('id', '=', id).executeTakeFirst()
  if (row === undefined || row.disabled === 1)
    throw new StoreError('UNAUTHENTICATED', 'The user who gave the command was removed or disabled meanwhile')
}

/** An expired token counts as missing. */
export function isExpired(row: { readonly expires_at: string | null }, now: number): boolean {
  return row.expires_at !== null && Date.parse(row.expires_at) <= now
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
          toItem: ({ detail, actor_token: actorToken, actor_user: actorUser, ...row }): AuditEntry => ({
            ...row,
            actorToken,
            actorUser,
            detail: fromJson(detail),
          }),
        })
      }),
  }
}
