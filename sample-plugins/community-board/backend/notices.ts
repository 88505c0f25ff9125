// The tables of the board: notices, and who reads along.

import type { Env } from 'plugbay/sdk'

export interface Notice {
  readonly id: number
  readonly text: string
  /** null: the library. */
  readonly author: string | null
  readonly book: number | null
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly companions: readonly string[]
}

interface Row extends Omit<Notice, 'companions'> {
  /** A JSON array. */
  readonly companions: string
}

interface NewNotice {
  readonly text: string
  readonly author: string | null
  readonly book: number | null
  readonly createdAt: number
  readonly keepFor: number
}

const SELECT = `SELECT id, text, author, book_id AS book, created_at AS createdAt,
    (SELECT json_group_array(member) FROM companions WHERE notice_id = notices.id) AS companions
  FROM notices WHERE expires_at > ?1`

/** The newest first; of one book, or of all. */
export async function listNotices(env: Env, book: number | null, limit = 20): Promise<readonly Notice[]> {
  const { results } = await env.db
    .prepare(`${SELECT} AND (?2 IS NULL OR book_id = ?2) ORDER BY created_at DESC, id DESC LIMIT ?3`)
    .bind(Date.now(), book, limit)
    .all<Row>()
  return results.map((row) => ({ ...row, companions: JSON.parse(row.companions) }))
}

export async function findNotice(env: Env, id: number): Promise<Notice | undefined> {
  const row = await env.db.prepare(`${SELECT} AND id = ?2`).bind(Date.now(), id).first<Row>()
  return row === null ? undefined : { ...row, companions: JSON.parse(row.companions) }
}

/** The id; undefined where the same event has written it before. */
export async function addNotice(env: Env, notice: NewNotice): Promise<number | undefined> {
  const { text, author, book, createdAt, keepFor } = notice
  const row = await env.db
    .prepare(
      `INSERT INTO notices (text, author, book_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING RETURNING id`,
    )
    .bind(text, author, book, createdAt, createdAt + keepFor)
    .first<{ id: number }>()
  return row?.id
}

export async function countOf(env: Env, author: string): Promise<number> {
  const sql = 'SELECT count(*) AS count FROM notices WHERE author = ? AND expires_at > ?'
  return (await env.db.prepare(sql).bind(author, Date.now()).first<number>('count')) ?? 0
}

export async function removeNotice(env: Env, id: number): Promise<void> {
  await env.db.prepare('DELETE FROM notices WHERE id = ?').bind(id).run()
}

export async function setCompanion(env: Env, id: number, member: string, isOne: boolean): Promise<void> {
  const sql = isOne
    ? 'INSERT INTO companions (notice_id, member) VALUES (?, ?) ON CONFLICT DO NOTHING'
    : 'DELETE FROM companions WHERE notice_id = ? AND member = ?'
  await env.db.prepare(sql).bind(id, member).run()
}

/** How many there were. */
export async function removeExpired(env: Env): Promise<number> {
  const { meta } = await env.db.prepare('DELETE FROM notices WHERE expires_at <= ?').bind(Date.now()).run()
  return meta.changes
}
