// Users: names with permissions. Signing in is up to tokens, or to the embedding application.

import { randomUUID } from 'node:crypto'
import type { User } from '../sdk/api/users.ts'
import { recordAudit } from './audit-log.ts'
import { cutPage, pageStart } from './cursor.ts'
import type { Engine } from './database/engine.ts'
import type { UsersTable } from './database/tables.ts'
import { fromJson, toJson } from './json-column.ts'
import type { Principals } from './store.ts'
import { StoreError } from './store-error.ts'

export type Users = Pick<Principals, 'users' | 'addUser' | 'removeUser'>

export function createUsers(engine: Engine, now: () => number): Users {
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

    removeUser: (id, audit) =>
      engine.transaction(async (db) => {
        const row = await db.deleteFrom('users').where('id', '=', id).returning('name').executeTakeFirst()
        if (row === undefined) return false
        await recordAudit(db, {
          subject: id,
          audit: { ...audit, detail: { name: row.name, ...audit.detail } },
          now: now(),
        })
        return true
      }),
  }
}

function toUser(row: Omit<UsersTable, 'seq'>): User {
  return { id: row.id, name: row.name, permissions: fromJson(row.permissions), createdAt: row.created_at }
}
