// Links by which a user sets a password: to begin with, or because it was forgotten.
// Invariant: a link works once, until it expires or another one is made; only its hash is kept.

import { accountById, endSessions } from './account-rows.ts'
import type { Account, Accounts, LinkKind } from './accounts.ts'
import { recordAudit } from './audit-log.ts'
import type { Db, Engine } from './database/engine.ts'
import { hashSecret, newSecret } from './secrets.ts'
import type { PrincipalParts } from './sign-in.ts'
import { StoreError } from './store-error.ts'

type PasswordLinks = Pick<Accounts, 'addPasswordLink' | 'findPasswordLink' | 'setPasswordByLink'>

export interface FoundLink {
  readonly account: Account
  readonly kind: LinkKind
}

export function createPasswordLinks(engine: Engine, { now, onEnded }: PrincipalParts): PasswordLinks {
  return {
    addPasswordLink: (userId, ttlMs, audit) =>
      engine.transaction(async (db) => {
        const time = now()
        const account = await accountById(db, userId)
        if (account === undefined) return undefined
        if (account.disabled)
          throw new StoreError('STATE_CONFLICT', `"${account.name}" is disabled, and cannot sign in`)
        const kind = (await hasSignedIn(db, account)) ? 'reset' : 'invite'
        const secret = newSecret('')
        const row = { hash: hashSecret(secret), kind, expires_at_ms: Math.floor(time + ttlMs[kind]) } as const
        await db
          .insertInto('password_links')
          .values({ user_id: userId, ...row })
          .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row))
          .execute()
        const expiresAt = new Date(row.expires_at_ms).toISOString()
        const detail = { name: account.name, expiresAt, ...audit.detail }
        await recordAudit(db, {
          subject: userId,
          audit: { ...audit, action: `user.${kind}`, detail },
          now: time,
        })
        return { kind, name: account.name, secret, expiresAt }
      }),

    findPasswordLink: (secret) => engine.read((db) => findLink(db, secret, now())),

    async setPasswordByLink(secret, hash) {
      const account = await engine.transaction(async (db) => {
        const time = now()
        const found = await useLink(db, secret, time)
        if (found === undefined) return undefined
        const { id, name } = found.account
        await db
          .insertInto('passwords')
          .values({ user_id: id, hash })
          .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ hash }))
          .execute()
        await endSessions(db, id)
        await db.deleteFrom('browsers').where('user_id', '=', id).execute()
        const detail = { name, by: found.kind }
        const audit = { actor: { name, user: id }, action: 'password.set', detail }
        await recordAudit(db, { subject: id, audit, now: time })
        return accountById(db, id)
      })
      if (account !== undefined) onEnded('user', [account.id])
      return account
    },
  }
}

export async function findLink(db: Db, secret: string, now: number): Promise<FoundLink | undefined> {
  const row = await db
    .selectFrom('password_links')
    .selectAll()
    .where('hash', '=', hashSecret(secret))
    .where('expires_at_ms', '>', now)
    .executeTakeFirst()
  const account = row && (await accountById(db, row.user_id))
  return account === undefined || account.disabled ? undefined : { account, kind: row?.kind ?? 'reset' }
}

/** In the caller's transaction: only one of two that use it at once finds it. */
export async function useLink(db: Db, secret: string, now: number): Promise<FoundLink | undefined> {
  const found = await findLink(db, secret, now)
  if (found !== undefined)
    await db.deleteFrom('password_links').where('hash', '=', hashSecret(secret)).execute()
  return found
}

async function hasSignedIn(db: Db, { id, passwordHash }: Account): Promise<boolean> {
  if (passwordHash !== null) return true
  const row = await db.selectFrom('identities').select('subject').where('user_id', '=', id).executeTakeFirst()
  return row !== undefined
}
