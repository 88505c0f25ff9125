// Finds the owner of a secret: tokens of API callers, sessions of browsers.
// Invariant: a session never has more rights than its token, and ends with it.

import { isExpired } from './audit-log.ts'
import type { Db, Engine } from './database/engine.ts'
import { hashSecret, newSecret } from './secrets.ts'
import type { EndedCredential, FoundToken, Principals } from './store.ts'
import { StoreError } from './store-error.ts'
import { limitsOf } from './token-limits.ts'
import { type TokenRow, toToken } from './tokens.ts'

export type SignIn = Pick<Principals, 'findToken' | 'addSession' | 'findSession' | 'removeSession'>

export interface PrincipalParts {
  readonly now: () => number
  /** Called after the transaction that ended the credentials. */
  readonly onEnded: (kind: EndedCredential['kind'], ids: readonly string[]) => void
}

export interface SignInOptions extends PrincipalParts {
  /** Called for a failure that must not prevent a sign-in. */
  readonly warn: (message: string, error: unknown) => void
}

/** Resolution of "last used", so that a busy token does not write to the disk at each request. */
const LAST_USED_STEP_MS = 60_000

export function createSignIn(engine: Engine, options: SignInOptions): SignIn {
  async function use(row: TokenRow | undefined): Promise<FoundToken | undefined> {
    const time = options.now()
    if (row === undefined || isExpired(row, time)) return undefined
    const within = await engine.read((db) => limitsOf(db, row))
    if (within === undefined) return undefined
    if (row.last_used_at !== null && time - Date.parse(row.last_used_at) < LAST_USED_STEP_MS)
      return { ...toToken(row), within }
    const used = { ...row, last_used_at: new Date(time).toISOString() }
    try {
      await engine.transaction((db) => markUsed(db, used))
    } catch (error) {
      // An administrator must be able to sign in on a full disk: that is when there is something to clean up.
      options.warn('Cannot record when a token was last used', error)
    }
    return { ...toToken(used), within }
  }

  return {
    findToken: async (secret) => use(await engine.read((db) => tokenByHash(db, hashSecret(secret)))),

    addSession: (tokenId, ttlMs) =>
      engine.transaction(async (db) => {
        const time = options.now()
        const token = await db
          .selectFrom('tokens')
          .select('expires_at')
          .where('id', '=', tokenId)
          .executeTakeFirst()
        if (token === undefined || isExpired(token, time))
          throw new StoreError('UNAUTHENTICATED', `There is no valid token "${tokenId}"`)
        await db.deleteFrom('sessions').where('expires_at_ms', '<=', time).execute()
        const secret = newSecret('')
        const row = { hash: hashSecret(secret), token_id: tokenId, expires_at_ms: Math.floor(time + ttlMs) }
        await db.insertInto('sessions').values(row).execute()
        return secret
      }),

    async findSession(secret) {
      const id = hashSecret(secret)
      const found = await engine.read((db) => tokenBySession(db, id, options.now()))
      const token = await use(found)
      return found && token && { ...token, session: { id, expiresAtMs: found.expires_at_ms } }
    },

    async removeSession(secret) {
      const id = hashSecret(secret)
      await engine.transaction(async (db) => {
        await db.deleteFrom('sessions').where('hash', '=', id).execute()
        await db.deleteFrom('user_sessions').where('hash', '=', id).execute()
      })
      options.onEnded('session', [id])
    },
  }
}

function tokenByHash(db: Db, hash: string): Promise<TokenRow | undefined> {
  return db.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst()
}

function tokenBySession(db: Db, hash: string, now: number) {
  return db
    .selectFrom('sessions')
    .innerJoin('tokens', 'tokens.id', 'sessions.token_id')
    .selectAll('tokens')
    .select('sessions.expires_at_ms')
    .where('sessions.hash', '=', hash)
    .where('sessions.expires_at_ms', '>', now)
    .executeTakeFirst()
}

async function markUsed(db: Db, row: TokenRow): Promise<void> {
  await db.updateTable('tokens').set({ last_used_at: row.last_used_at }).where('id', '=', row.id).execute()
}
