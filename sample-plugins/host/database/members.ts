// Members and their sessions. The browser has a random token, the database its hash.

import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { hashPassword, isPassword } from './passwords.ts'
import type { Member, Role } from './types.ts'

const SESSION_MS = 12 * 60 * 60 * 1000
/** Compared with when there is no such member, so that the time of an answer does not tell who is one. */
const NOBODY = hashPassword(randomBytes(16).toString('hex'))

export class Members {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  all(): readonly Member[] {
    return this.#database.prepare('SELECT * FROM members ORDER BY name').all().map(toMember)
  }

  /** The token of a new session; undefined when name and password do not match. */
  signIn(name: string, password: string): string | undefined {
    const row = this.#database.prepare('SELECT password FROM members WHERE name = ?').get(name)
    const isRight = isPassword(password, row === undefined ? NOBODY : String(row.password))
    if (row === undefined || !isRight) return undefined
    const token = randomBytes(32).toString('base64url')
    this.#database.prepare('DELETE FROM sessions WHERE expires_at <= ?').run(Date.now())
    this.#database
      .prepare('INSERT INTO sessions VALUES (?, ?, ?)')
      .run(hashOf(token), name, Date.now() + SESSION_MS)
    return token
  }

  bySession(token: string): Member | undefined {
    const row = this.#database
      .prepare(
        `SELECT members.* FROM sessions JOIN members ON members.name = sessions.member
         WHERE sessions.token_hash = ? AND sessions.expires_at > ?`,
      )
      .get(hashOf(token), Date.now())
    return row && toMember(row)
  }

  signOut(token: string): void {
    this.#database.prepare('DELETE FROM sessions WHERE token_hash = ?').run(hashOf(token))
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

function toMember(row: Readonly<Record<string, SQLOutputValue>>): Member {
  return { name: String(row.name), displayName: String(row.display_name), role: row.role as Role }
}
