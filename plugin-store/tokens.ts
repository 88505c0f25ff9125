// Tokens: secrets with permissions, either those of a user or their own.
// Invariant: the secret is returned once and never stored; an expired token is never found.

import { randomUUID } from 'node:crypto'
import type { Token } from '../sdk/api/tokens.ts'
import { recordAudit } from './audit-log.ts'
import { cutPage, pageStart } from './cursor.ts'
import type { Db, Engine } from './database/engine.ts'
import type { TokensTable } from './database/tables.ts'
import { fromJson, toJson } from './json-column.ts'
import { requireDistinctName } from './principal-names.ts'
import { hashSecret, newSecret } from './secrets.ts'
import type { PrincipalParts } from './sign-in.ts'
import type { Audit, Principals } from './store.ts'
import { StoreError } from './store-error.ts'

export type Tokens = Pick<Principals, 'tokens' | 'addToken' | 'putToken' | 'removeToken'>

export type TokenRow = Omit<TokensTable, 'seq'>

export function createTokens(engine: Engine, { now, onEnded }: PrincipalParts): Tokens {
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
        await requireDistinctName(db, token, audit)
        const row = newRow({ ...token, secret, ...(await boundsOf(db, token, audit)) }, now())
        await insertToken(db, row, { audit, now: now() })
        return { record: toToken(row), token: secret }
      }),

    async putToken(token, audit) {
      const row = { ...newRow(token, now()), given: 1 }
      const { kept, ended } = await engine.transaction(async (db) => {
        const existing = await db
          .selectFrom('tokens')
          .selectAll()
          .where('hash', '=', row.hash)
          .where('name', '=', row.name)
          .where('given', '=', 1)
          .executeTakeFirst()
        // Kept when nothing changed, so that browser sessions made from it survive a restart.
        if (existing?.permissions === row.permissions) return { kept: existing, ended: [] }
        const replaced = await db
          .deleteFrom('tokens')
          .where((eb) =>
            eb.or([eb('hash', '=', row.hash), eb.and([eb('name', '=', row.name), eb('given', '=', 1)])]),
          )
          .returning('id')
          .execute()
        await insertToken(db, row, { audit, now: now() })
        return { kept: row, ended: replaced.map(({ id }) => id) }
      })
      onEnded('token', ended)
      return toToken(kept)
    },

    async removeToken(id, audit) {
      const ended = await engine.transaction(async (db) => {
        const row = await db.selectFrom('tokens').select('name').where('id', '=', id).executeTakeFirst()
        if (row === undefined) return []
        const ids = await withDescendants(db, [id])
        // Before the deletion: a token may remove itself.
        await recordAudit(db, {
          subject: id,
          audit: { ...audit, detail: { name: row.name, ...audit.detail } },
          now: now(),
        })
        await db.deleteFrom('tokens').where('id', '=', id).execute()
        return ids
      })
      onEnded('token', ended)
      return ended.length > 0
    },
  }
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
  readonly madeBy?: string
  readonly madeByUser?: string
}

/**
 * A token ends no later than the one that made it, and with it or with the user who made it. What the administrator's own token makes stands for itself.
 * @throws StoreError FORBIDDEN for a later end, UNAUTHENTICATED when the maker has ended
 */
async function boundsOf(
  db: Db,
  { expiresAt }: Pick<NewToken, 'expiresAt'>,
  { actor }: Audit,
): Promise<Pick<NewToken, 'madeBy' | 'madeByUser' | 'expiresAt'>> {
  if (typeof actor === 'string') return {}
  if (actor.user !== undefined) return { madeByUser: actor.user }
  const maker = await db.selectFrom('tokens').selectAll().where('id', '=', actor.token).executeTakeFirst()
  if (maker === undefined)
    throw new StoreError('UNAUTHENTICATED', 'The token that gave the command has ended meanwhile')
  if (maker.given === 1) return {}
  const { id, expires_at: end } = maker
  if (end === null) return { madeBy: id }
  if (expiresAt !== undefined && Date.parse(expiresAt) > Date.parse(end))
    throw new StoreError('FORBIDDEN', `"${maker.name}" ends at ${end}, and so does what it makes`)
  return { madeBy: id, expiresAt: expiresAt ?? end }
}

/** The tokens, and all that were made by them. */
export async function withDescendants(db: Db, ids: readonly string[]): Promise<readonly string[]> {
  const all = new Set(ids)
  let made = ids
  while (made.length > 0) {
    const rows = await db.selectFrom('tokens').select('id').where('made_by', 'in', made).execute()
    made = rows.map(({ id }) => id).filter((id) => !all.has(id))
    for (const id of made) all.add(id)
  }
  return [...all]
}

/** The tokens of a user, and all that were made by the user or by one of them. */
export async function tokensOfUser(db: Db, userId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('tokens')
    .select('id')
    .where((eb) => eb.or([eb('user_id', '=', userId), eb('made_by_user', '=', userId)]))
    .execute()
  return withDescendants(
    db,
    rows.map(({ id }) => id),
  )
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
    made_by: token.madeBy ?? null,
    made_by_user: token.madeByUser ?? null,
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
