// Reads accounts, and ends their sessions, in the caller's transaction.

import type { Account } from './accounts.ts'
import type { Db } from './database/engine.ts'
import { fromJson } from './json-column.ts'

export function accountById(db: Db, id: string): Promise<Account | undefined> {
  return accountWhere(db, { column: 'id', value: id })
}

/** The exact name counts before one in other letters; from old versions there may be both (principal-names.ts). */
export function accountByName(db: Db, name: string): Promise<Account | undefined> {
  return accountWhere(db, { column: 'name', value: name.normalize('NFKC') })
}

async function accountWhere(
  db: Db,
  { column, value }: { readonly column: 'id' | 'name'; readonly value: string },
): Promise<Account | undefined> {
  const row = await db
    .selectFrom('users')
    .leftJoin('passwords', 'passwords.user_id', 'users.id')
    .select([
      'users.id',
      'users.name',
      'users.permissions',
      'users.disabled',
      'users.epoch',
      'passwords.hash as passwordHash',
    ])
    .where((eb) =>
      column === 'id'
        ? eb('users.id', '=', value)
        : eb(eb.fn<string>('lower', ['users.name']), '=', eb.fn<string>('lower', [eb.val(value)])),
    )
    .orderBy((eb) => eb('users.name', '=', value), 'desc')
    .orderBy('users.seq')
    .executeTakeFirst()
  return (
    row && { ...row, permissions: fromJson<readonly string[]>(row.permissions), disabled: row.disabled === 1 }
  )
}

/** Also ends the sign-ins that are under way. The caller notifies the listeners, after the transaction. */
export async function endSessions(db: Db, userId: string): Promise<void> {
  await db
    .updateTable('users')
    .set((eb) => ({ epoch: eb('epoch', '+', 1) }))
    .where('id', '=', userId)
    .execute()
  await db.deleteFrom('user_sessions').where('user_id', '=', userId).execute()
}
