// Which users of an OpenID provider are which users here.
// Invariant: a user that exists is never given to a user of the provider because of a name: only by a link of an administrator.

import { accountById } from './account-rows.ts'
import type { Account, Accounts, ProviderIdentity } from './accounts.ts'
import { recordAudit } from './audit-log.ts'
import type { Db, Engine } from './database/engine.ts'
import { useLink } from './password-links.ts'
import type { PrincipalParts } from './sign-in.ts'
import { StoreError } from './store-error.ts'
import { insertUser } from './users.ts'

type Identities = Pick<Accounts, 'findIdentity' | 'addIdentityByLink' | 'addUserOfProvider'>

/** The actor when signing in makes a user. It is not a principal yet, so its name is checked as any other. */
const PROVIDER = 'anonymous'

export function createIdentities(engine: Engine, { now }: PrincipalParts): Identities {
  return {
    findIdentity: (identity) =>
      engine.read(async (db) => {
        const row = await identityRow(db, identity)
        const account = row && (await accountById(db, row.user_id))
        return account && { account, isOfProvider: row?.created === 1 }
      }),

    addIdentityByLink: (secret, identity) =>
      engine.transaction(async (db) => {
        const time = now()
        if ((await identityRow(db, identity)) !== undefined)
          throw new StoreError('STATE_CONFLICT', 'This user of the provider is another user here')
        const found = await useLink(db, secret, time)
        if (found === undefined) return undefined
        const { id, name } = found.account
        await insertIdentity(db, identity, { userId: id, created: 0 })
        const audit = { actor: { name, user: id }, action: 'identity.add', detail: { name, ...identity } }
        await recordAudit(db, { subject: id, audit, now: time })
        return found.account
      }),

    addUserOfProvider: (user, identity) =>
      engine.transaction(async (db) => {
        const audit = { actor: PROVIDER, action: 'user.create', detail: { ...identity } }
        const { id } = await insertUser(db, user, { audit, now: now() })
        await insertIdentity(db, identity, { userId: id, created: 1 })
        // Made in this transaction.
        return (await accountById(db, id)) as Account
      }),
  }
}

function identityRow(db: Db, { issuer, subject }: ProviderIdentity) {
  return db
    .selectFrom('identities')
    .select(['user_id', 'created'])
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
}

async function insertIdentity(
  db: Db,
  { issuer, subject }: ProviderIdentity,
  { userId, created }: { readonly userId: string; readonly created: 0 | 1 },
): Promise<void> {
  await db.insertInto('identities').values({ issuer, subject, user_id: userId, created }).execute()
}
