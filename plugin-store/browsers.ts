// Browsers in which users have signed in before, by the secret of a cookie.
// Invariant: a user trusts a bounded number of them, the latest.

import type { Accounts } from './accounts.ts'
import type { Engine } from './database/engine.ts'
import { hashSecret, newSecret } from './secrets.ts'
import type { PrincipalParts } from './sign-in.ts'

type Browsers = Pick<Accounts, 'knowsBrowser' | 'trustBrowser'>

const MAX_BROWSERS = 20

export function createBrowsers(engine: Engine, { now }: PrincipalParts): Browsers {
  return {
    knowsBrowser: (secret, userId) =>
      engine.read(async (db) => {
        const row = await db
          .selectFrom('browsers')
          .select('hash')
          .where('user_id', '=', userId)
          .where('hash', '=', hashSecret(secret))
          .executeTakeFirst()
        return row !== undefined
      }),

    trustBrowser: (userId, former) =>
      engine.transaction(async (db) => {
        const secret = newSecret('')
        const hash = hashSecret(secret)
        if (former !== undefined)
          await db.updateTable('browsers').set({ hash }).where('hash', '=', hashSecret(former)).execute()
        const used_at_ms = Math.floor(now())
        await db
          .insertInto('browsers')
          .values({ hash, user_id: userId, used_at_ms })
          .onConflict((conflict) => conflict.columns(['user_id', 'hash']).doUpdateSet({ used_at_ms }))
          .execute()
        const latest = db
          .selectFrom('browsers')
          .select('hash')
          .where('user_id', '=', userId)
          .orderBy('used_at_ms', 'desc')
          .limit(MAX_BROWSERS)
        await db
          .deleteFrom('browsers')
          .where('user_id', '=', userId)
          .where('hash', 'not in', latest)
          .execute()
        return secret
      }),
  }
}
