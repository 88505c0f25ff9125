// The database of the library: one SQLite file, made with its first books when it is missing.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { addMediaTables } from './media-tables.ts'
import { hashPassword } from './passwords.ts'
import { BOOKS, MEMBERS } from './seed.ts'

const SCHEMA = `
  CREATE TABLE books (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    pages INTEGER NOT NULL,
    summary TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
  ) STRICT;
  CREATE TABLE members (
    name TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('librarian', 'teacher', 'pupil')),
    password TEXT NOT NULL
  ) STRICT;
  CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    member TEXT NOT NULL REFERENCES members (name) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE loans (
    id INTEGER PRIMARY KEY,
    book_id INTEGER NOT NULL REFERENCES books (id),
    member TEXT NOT NULL REFERENCES members (name),
    borrowed_at INTEGER NOT NULL,
    returned_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX open_loans ON loans (book_id) WHERE returned_at IS NULL;
  CREATE TABLE syncs (
    id INTEGER PRIMARY KEY,
    finished_at INTEGER NOT NULL,
    added INTEGER NOT NULL,
    updated INTEGER NOT NULL
  ) STRICT;
`

export interface OpenedDatabase {
  readonly database: DatabaseSync
  /** The password of all members, when the database was made just now; the file holds hashes only. */
  readonly firstPassword: string | undefined
  /** Whether its books and media folders have no files yet. */
  readonly needsFiles: boolean
}

export function openDatabase(folder: string): OpenedDatabase {
  const database = new DatabaseSync(join(folder, 'library.db'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON')
  const firstPassword = versionOf(database) === 0 ? createTables(database) : undefined
  const needsFiles = versionOf(database) === 1
  if (needsFiles) upgradeToMedia(database)
  return { database, firstPassword, needsFiles }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version)
}

function upgradeToMedia(database: DatabaseSync): void {
  inTransaction(database, () => {
    addMediaTables(database)
    database.exec('PRAGMA user_version = 2')
  })
}

/** All or nothing: a start that was interrupted begins again. */
function createTables(database: DatabaseSync): string {
  const password = randomBytes(6).toString('base64url')
  return inTransaction(database, () => {
    database.exec(SCHEMA)
    const addBook = database.prepare(
      'INSERT INTO books (title, author, language, subject, pages, summary) VALUES (?, ?, ?, ?, ?, ?)',
    )
    for (const { title, author, language, subject, pages, summary } of BOOKS)
      addBook.run(title, author, language, subject, pages, summary)
    const addMember = database.prepare('INSERT INTO members VALUES (?, ?, ?, ?)')
    for (const { name, displayName, role } of MEMBERS)
      addMember.run(name, displayName, role, hashPassword(password))
    database.exec('PRAGMA user_version = 1')
    return password
  })
}

export function inTransaction<T>(database: DatabaseSync, run: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = run()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
