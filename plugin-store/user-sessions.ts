// Browser sessions of users who have signed in by themselves.
// Invariant: a session counts only in the epoch of its user in which it was made, which is looked up each time.

import { accountById, endSessions } from './account-rows.ts'
import type { Accounts } from './accounts.ts'
import { recordAudit } from './audit-log.ts'
import type { Engine } from './database/engine.ts'
import { hashSecret, newSecret } from './secrets.ts'
import type { PrincipalParts } from './sign-in.ts'
import { StoreError } from './store-error.ts'

type UserSessions = Pick<Accounts, 'addUserSession' | 'findUserSession' | 'endUserSessions'>

export function createUserSessions(engine: Engine, { now, onEnded }: PrincipalParts): UserSessions {
  return {
    addUserSession: ({ id, epoch }, { ttlMs, detail }) =>
      engine.transaction(async (db) => {
        const time = now()
        const account = await accountById(db, id)
        if (account === undefined || account.disabled || account.epoch !== epoch)
          throw new StoreError(
            'UNAUTHENTICATED',
            'The user was signed out everywhere, or disabled, meanwhile',
          )
        await db.deleteFrom('user_sessions').where('expires_at_ms', '<=', time).execute()
        const secret = newSecret('')
        const row = { hash: hashSecret(secret), user_id: id, epoch, expires_at_ms: Math.floor(time + ttlMs) }
        await db.insertInto('user_sessions').values(row).execute()
        const actor = { name: account.name, user: id }
        await recordAudit(db, { subject: id, audit: { actor, action: 'session.create', detail }, now: time })
        return secret
      }),

    findUserSession: (secret) =>
      engine.read(async (db) => {
        const id = hashSecret(secret)
        const row = await db
          .selectFrom('user_sessions')
          .selectAll()
          .where('hash', '=', id)
          .where('expires_at_ms', '>', now())
          .executeTakeFirst()
        if (row === undefined) return undefined
        const account = await accountById(db, row.user_id)
        if (account === undefined || account.disabled || account.epoch !== row.epoch) return undefined
        return { account, session: { id, expiresAtMs: row.expires_at_ms } }
      }),

    async endUserSessions(userId, audit) {
      const isKnown = await engine.transaction(async (db) => {
        const account = await accountById(db, userId)
        if (account === undefined) return false
        const detail = { name: account.name, ...audit.detail }
        await recordAudit(db, { subject: userId, audit: { ...audit, detail }, now: now() })
        await endSessions(db, userId)
        return true
      })
      if (isKnown) onEnded('user', [userId])
      return isKnown
    },
  }
}
