// Users: names with permissions. How they sign in is up to accounts.ts, to tokens, or to the embedding application.

import { randomUUID } from 'node:crypto'
import type { User } from '../sdk/api/users.ts'
import { recordAudit } from './audit-log.ts'
import { cutPage, pageStart } from './cursor.ts'
import type { Db, Engine } from './database/engine.ts'
import { fromJson, toJson } from './json-column.ts'
import { requireDistinctName } from './principal-names.ts'
import type { PrincipalParts } from './sign-in.ts'
import type { Audit, Principals } from './store.ts'
import { StoreError } from './store-error.ts'
import { tokensOfUser } from './tokens.ts'

export type Users = Pick<Principals, 'users' | 'addUser' | 'removeUser'>

export function createUsers(engine: Engine, { now, onEnded }: PrincipalParts): Users {
  return {
    users: (query) =>
      engine.read(async (db) => {
        const { limit, after } = pageStart('users', query)
        let rows = userRows(db)
          .orderBy('users.seq')
          .limit(limit + 1)
        if (after !== undefined) rows = rows.where('users.seq', '>', after)
        return cutPage(await rows.execute(), { list: 'users', limit, toItem: toUser })
      }),

    addUser: (user, audit) =>
      engine.transaction(async (db) => {
        const { id } = await insertUser(db, user, { audit, now: now() })
        // Made in this transaction.
        return (await userById(db, id)) as User
      }),

    async removeUser(id, audit) {
      const ended = await engine.transaction(async (db) => {
        const row = await db.selectFrom('users').select('name').where('id', '=', id).executeTakeFirst()
        if (row === undefined) return undefined
        const all = await tokensOfUser(db, id)
        // Before the deletion: users may remove themselves.
        await recordAudit(db, {
          subject: id,
          audit: { ...audit, detail: { name: row.name, ...audit.detail } },
          now: now(),
        })
        await db.deleteFrom('users').where('id', '=', id).execute()
        return all
      })
      if (ended !== undefined) onEnded('user', [id])
      onEnded('token', ended ?? [])
      return ended !== undefined
    },
  }
}

/**
 * Adds the user, in the caller's transaction.
 * @throws StoreError STATE_CONFLICT when the name is taken, BAD_REQUEST when it cannot be one
 */
export async function insertUser(
  db: Db,
  user: { readonly name: string; readonly permissions: readonly string[] },
  { audit, now }: { readonly audit: Audit; readonly now: number },
): Promise<{ readonly id: string }> {
  await requireDistinctName(db, user, audit)
  const row = await db
    .insertInto('users')
    .values({
      id: randomUUID(),
      name: user.name,
      permissions: toJson(user.permissions),
      created_at: new Date(now).toISOString(),
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (row === undefined) throw new StoreError('STATE_CONFLICT', `There is a user "${user.name}" already`)
  const detail = { name: user.name, ...audit.detail }
  await recordAudit(db, { subject: row.id, audit: { ...audit, detail }, now })
  return row
}

/** With whether a password is set. */
function userRows(db: Db) {
  return db
    .selectFrom('users')
    .leftJoin('passwords', 'passwords.user_id', 'users.id')
    .select([
      'users.seq',
      'users.id',
      'users.name',
      'users.permissions',
      'users.created_at',
      'users.disabled',
    ])
    .select('passwords.user_id as with_password')
}

export async function userById(db: Db, id: string): Promise<User | undefined> {
  const row = await userRows(db).where('users.id', '=', id).executeTakeFirst()
  return row && toUser(row)
}

type UserRow = Awaited<ReturnType<ReturnType<typeof userRows>['executeTakeFirstOrThrow']>>

function toUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    permissions: fromJson(row.permissions),
    createdAt: row.created_at,
    disabled: row.disabled === 1,
    hasPassword: row.with_password !== null,
  }
}
