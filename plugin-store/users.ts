// Users: names with permissions. Signing in is up to tokens, or to the embedding application.

import { randomUUID } from 'node:crypto'
import type { User } from '../sdk/api/users.ts'
import { recordAudit } from './audit-log.ts'
import { cutPage, pageStart } from './cursor.ts'
import type { Engine } from './database/engine.ts'
import type { UsersTable } from './database/tables.ts'
import { fromJson, toJson } from './json-column.ts'
import { requireDistinctName } from './principal-names.ts'
import type { PrincipalParts } from './sign-in.ts'
import type { Principals } from './store.ts'
import { StoreError } from './store-error.ts'
import { withDescendants } from './tokens.ts'

export type Users = Pick<Principals, 'users' | 'addUser' | 'removeUser'>

export function createUsers(engine: Engine, { now, onEnded }: PrincipalParts): Users {
  return {
    users: (query) =>
      engine.read(async (db) => {
        const { limit, after } = pageStart('users', query)
        let rows = db
          .selectFrom('users')
          .selectAll()
          .orderBy('seq')
          .limit(limit + 1)
        if (after !== undefined) rows = rows.where('seq', '>', after)
        return cutPage(await rows.execute(), { list: 'users', limit, toItem: toUser })
      }),

    addUser: (user, audit) =>
      engine.transaction(async (db) => {
        const time = now()
        await requireDistinctName(db, user, audit)
        const row = await db
          .insertInto('users')
          .values({
            id: randomUUID(),
            name: user.name,
            permissions: toJson(user.permissions),
            created_at: new Date(time).toISOString(),
          })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .returningAll()
          .executeTakeFirst()
        if (row === undefined)
          throw new StoreError('STATE_CONFLICT', `There is a user "${user.name}" already`)
        await recordAudit(db, {
          subject: row.id,
          audit: { ...audit, detail: { name: row.name, ...audit.detail } },
          now: time,
        })
        return toUser(row)
      }),

    async removeUser(id, audit) {
      const ended = await engine.transaction(async (db) => {
        const tokens = await db.selectFrom('tokens').select('id').where('user_id', '=', id).execute()
        const row = await db.selectFrom('users').select('name').where('id', '=', id).executeTakeFirst()
        if (row === undefined) return undefined
        const all = await withDescendants(
          db,
          tokens.map((token) => token.id),
        )
        // Before the deletion: users may remove themselves.
        await recordAudit(db, {
          subject: id,
          audit: { ...audit, detail: { name: row.name, ...audit.detail } },
          now: now(),
        })
        await db.deleteFrom('users').where('id', '=', id).execute()
        return all
      })
      onEnded('token', ended ?? [])
      return ended !== undefined
    },
  }
}

function toUser(row: Omit<UsersTable, 'seq'>): User {
  return { id: row.id, name: row.name, permissions: fromJson(row.permissions), createdAt: row.created_at }
}
