// What users sign in with, in the store. Every change of an account is a transaction with its audit row.

import { accountById, accountByName, endSessions } from './account-rows.ts'
import type { Accounts } from './accounts.ts'
import { recordAudit } from './audit-log.ts'
import { createBrowsers } from './browsers.ts'
import type { Engine } from './database/engine.ts'
import { createIdentities } from './identities.ts'
import { toJson } from './json-column.ts'
import { createPasswordLinks } from './password-links.ts'
import type { PrincipalParts } from './sign-in.ts'
import { tokensOfUser } from './tokens.ts'
import { createUserSessions } from './user-sessions.ts'
import { userById } from './users.ts'

export function createAccounts(engine: Engine, parts: PrincipalParts): Accounts {
  const { now, onEnded } = parts
  return {
    ...createUserSessions(engine, parts),
    ...createPasswordLinks(engine, parts),
    ...createIdentities(engine, parts),
    ...createBrowsers(engine, parts),

    accountNamed: (name) => engine.read((db) => accountByName(db, name)),
    accountOf: (id) => engine.read((db) => accountById(db, id)),

    async changeUser(id, { permissions, disabled }, audit) {
      const { user, tokens } = await engine.transaction(async (db) => {
        const before = await accountById(db, id)
        if (before === undefined) return { user: undefined, tokens: [] }
        // Before the change: users may disable themselves.
        await recordAudit(db, {
          subject: id,
          audit: { ...audit, detail: { name: before.name, permissions, disabled, ...audit.detail } },
          now: now(),
        })
        if (permissions !== undefined)
          await db
            .updateTable('users')
            .set({ permissions: toJson(permissions) })
            .where('id', '=', id)
            .execute()
        if (disabled !== undefined) {
          const value = disabled ? 1 : 0
          await db.updateTable('users').set({ disabled: value }).where('id', '=', id).execute()
        }
        if (disabled === true) {
          await endSessions(db, id)
          await db.deleteFrom('password_links').where('user_id', '=', id).execute()
        }
        return { user: await userById(db, id), tokens: await tokensOfUser(db, id) }
      })
      // What was given out by the permissions of before is over; what still may be is looked up again.
      onEnded('user', [id])
      onEnded('token', tokens)
      return user
    },

    async changePassword(account, passwordHash) {
      const changed = await engine.transaction(async (db) => {
        const current = await accountById(db, account.id)
        if (current?.epoch !== account.epoch || current.disabled) return undefined
        await recordAudit(db, {
          subject: account.id,
          audit: {
            actor: { name: account.name, user: account.id },
            action: 'password.change',
            detail: { name: account.name },
          },
          now: now(),
        })
        await db
          .insertInto('passwords')
          .values({ user_id: account.id, hash: passwordHash })
          .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ hash: passwordHash }))
          .execute()
        await endSessions(db, account.id)
        return accountById(db, account.id)
      })
      if (changed !== undefined) onEnded('user', [account.id])
      return changed
    },

    async rehashPassword({ id, passwordHash: from }, hash) {
      if (from === null) return
      await engine.transaction((db) =>
        db
          .updateTable('passwords')
          .set({ hash })
          .where('user_id', '=', id)
          .where('hash', '=', from)
          .execute(),
      )
    },
  }
}
