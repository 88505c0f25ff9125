// Tokens: secrets with permissions, either those of a user or their own.
// Invariant: the secret is returned once and never stored; an expired token is never found.

import { randomUUID } from 'node:crypto'
import type { Token } from '../sdk/api/tokens.ts'
import { recordAudit } from './audit-log.ts'
import { cutPage, pageStart } from './cursor.ts'
import type { Db, Engine } from './database/engine.ts'
import type { TokensTable } from './database/tables.ts'
import { fromJson, toJson } from './json-column.ts'
import { hashSecret, newSecret } from './secrets.ts'
import type { Audit, Principals } from './store.ts'
import { StoreError } from './store-error.ts'

export type Tokens = Pick<Principals, 'tokens' | 'addToken' | 'putToken' | 'removeToken'>

export type TokenRow = Omit<TokensTable, 'seq'>

export function createTokens(engine: Engine, now: () => number): Tokens {
  return {
    tokens: (query) =>
      engine.read(async (db) => {
        const { limit, after } = pageStart('tokens', query)
        let rows = db
          .selectFrom('tokens')
          .selectAll()
          .orderBy('seq')
          .limit(limit + 1)
        if (after !== undefined) rows = rows.where('seq', '>', after)
        return cutPage(await rows.execute(), { list: 'tokens', limit, toItem: toToken })
      }),

    addToken: (token, audit) =>
      engine.transaction(async (db) => {
        const secret = newSecret('pbt_')
        if (token.userId !== undefined) await requireUser(db, token.userId)
        const row = newRow({ ...token, secret }, now())
        await insertToken(db, row, { audit, now: now() })
        return { record: toToken(row), token: secret }
      }),

    putToken: (token, audit) =>
      engine.transaction(async (db) => {
        const row = { ...newRow(token, now()), given: 1 }
        const existing = await db
          .selectFrom('tokens')
          .selectAll()
          .where('hash', '=', row.hash)
          .where('name', '=', row.name)
          .where('given', '=', 1)
          .executeTakeFirst()
        // Kept when nothing changed, so that browser sessions made from it survive a restart.
        if (existing?.permissions === row.permissions) return toToken(existing)
        await db
          .deleteFrom('tokens')
          .where((eb) =>
            eb.or([eb('hash', '=', row.hash), eb.and([eb('name', '=', row.name), eb('given', '=', 1)])]),
          )
          .execute()
        await insertToken(db, row, { audit, now: now() })
        return toToken(row)
      }),

    removeToken: (id, audit) =>
      engine.transaction(async (db) => {
        const row = await db.deleteFrom('tokens').where('id', '=', id).returning('name').executeTakeFirst()
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

/** An expired token counts as missing. */
export function isExpired(row: Pick<TokenRow, 'expires_at'>, now: number): boolean {
  return row.expires_at !== null && Date.parse(row.expires_at) <= now
}

export function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    permissions: fromJson(row.permissions),
    userId: row.user_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  }
}

interface NewToken {
  readonly name: string
  readonly permissions: readonly string[]
  readonly secret: string
  readonly userId?: string
  readonly expiresAt?: string
}

function newRow(token: NewToken, now: number): TokenRow {
  const expiresAtMs = token.expiresAt === undefined ? undefined : Date.parse(token.expiresAt)
  if (Number.isNaN(expiresAtMs))
    throw new StoreError('BAD_REQUEST', `"expiresAt" is "${token.expiresAt}": it must be an ISO 8601 time`)
  return {
    id: randomUUID(),
    name: token.name,
    permissions: toJson(token.permissions),
    user_id: token.userId ?? null,
    hash: hashSecret(token.secret),
    given: 0,
    created_at: new Date(now).toISOString(),
    expires_at: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString(),
    last_used_at: null,
  }
}

async function insertToken(
  db: Db,
  row: TokenRow,
  entry: { readonly audit: Audit; readonly now: number },
): Promise<void> {
  await db.insertInto('tokens').values(row).execute()
  const detail = { name: row.name, ...entry.audit.detail }
  await recordAudit(db, { subject: row.id, audit: { ...entry.audit, detail }, now: entry.now })
}

async function requireUser(db: Db, id: string): Promise<void> {
  const user = await db.selectFrom('users').select('id').where('id', '=', id).executeTakeFirst()
  if (user === undefined) throw new StoreError('BAD_REQUEST', `There is no user "${id}"`)
}
