// What a token may have at most, by the users whom it rests on: its own, and the users who made it, directly or by another token.
// Invariant: a token that rests on a disabled user is as good as none.

import type { Db } from './database/engine.ts'
import type { TokensTable } from './database/tables.ts'
import { fromJson } from './json-column.ts'

type Row = Pick<TokensTable, 'user_id' | 'made_by' | 'made_by_user'>

/** The permissions of each of these users; undefined when one of them is disabled. */
export async function limitsOf(db: Db, row: Row): Promise<readonly (readonly string[])[] | undefined> {
  const limits: (readonly string[])[] = []
  for (let each: Row | undefined = row; each !== undefined; each = await makerOf(db, each)) {
    const ids = [each.user_id, each.made_by_user].filter((id) => id !== null)
    if (ids.length === 0) continue
    const users = await db
      .selectFrom('users')
      .select(['disabled', 'permissions'])
      .where('id', 'in', ids)
      .execute()
    if (users.some(({ disabled }) => disabled === 1)) return undefined
    limits.push(...users.map(({ permissions }) => fromJson<readonly string[]>(permissions)))
  }
  return limits
}

async function makerOf(db: Db, { made_by: id }: Row): Promise<Row | undefined> {
  if (id === null) return undefined
  return await db
    .selectFrom('tokens')
    .select(['user_id', 'made_by', 'made_by_user'])
    .where('id', '=', id)
    .executeTakeFirst()
}
