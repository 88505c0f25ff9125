// The schema of the store as ordered steps. Each runs once, in a transaction of its own.
// Invariant: a released step is never edited; a schema change is a new step at the end.

import type { Kysely } from 'kysely'
import { StoreError } from '../store-error.ts'
import { sql } from './kysely.ts'
import type { Tables } from './tables.ts'

export interface Migration {
  readonly name: string
  /** SQL statements; the version of a migration is its position in the list, from 1. */
  readonly statements: readonly string[]
}

export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'catalog, settings, audit log and principals',
    statements: [
      // The two tables reference each other, so references are checked when the transaction commits.
      `CREATE TABLE installations (
        id TEXT NOT NULL PRIMARY KEY,
        enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
        active_version TEXT,
        candidate_version TEXT,
        grants TEXT NOT NULL CHECK (json_valid(grants)),
        reviewed TEXT NOT NULL CHECK (json_valid(reviewed)),
        access TEXT CHECK (json_valid(access)),
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        FOREIGN KEY (id, active_version) REFERENCES releases (plugin_id, version) DEFERRABLE INITIALLY DEFERRED,
        FOREIGN KEY (id, candidate_version) REFERENCES releases (plugin_id, version) DEFERRABLE INITIALLY DEFERRED
      ) STRICT`,
      `CREATE TABLE releases (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        plugin_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        version TEXT NOT NULL,
        sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
        manifest TEXT NOT NULL CHECK (json_valid(manifest)),
        installed_at TEXT NOT NULL,
        UNIQUE (plugin_id, version)
      ) STRICT`,
      'CREATE TABLE uninstalled (id TEXT NOT NULL PRIMARY KEY, time TEXT NOT NULL) STRICT, WITHOUT ROWID',
      `CREATE TABLE settings (
        plugin_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value)),
        PRIMARY KEY (plugin_id, key)
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE audit (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        time TEXT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL CHECK (json_valid(detail))
      ) STRICT`,
      'CREATE INDEX audit_subject ON audit (subject, seq)',
      `CREATE TABLE users (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL UNIQUE,
        permissions TEXT NOT NULL CHECK (json_valid(permissions)),
        created_at TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE tokens (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        permissions TEXT NOT NULL CHECK (json_valid(permissions)),
        user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
        hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
        given INTEGER NOT NULL CHECK (given IN (0, 1)),
        created_at TEXT NOT NULL,
        expires_at TEXT,
        last_used_at TEXT
      ) STRICT`,
      'CREATE INDEX tokens_user ON tokens (user_id)',
      'CREATE UNIQUE INDEX tokens_given ON tokens (name) WHERE given = 1',
      `CREATE TABLE sessions (
        hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
        token_id TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
        expires_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      'CREATE INDEX sessions_token ON sessions (token_id)',
      'CREATE INDEX sessions_expiry ON sessions (expires_at_ms)',
    ],
  },
  {
    name: 'plugins in quarantine, with the evidence',
    statements: [
      `CREATE TABLE quarantines (
        plugin_id TEXT NOT NULL PRIMARY KEY REFERENCES installations (id) ON DELETE CASCADE,
        version TEXT NOT NULL,
        evidence TEXT NOT NULL CHECK (json_valid(evidence))
      ) STRICT`,
    ],
  },
  {
    name: 'what the backend of a plugin was told',
    statements: [
      `ALTER TABLE installations ADD COLUMN lifecycle TEXT NOT NULL DEFAULT 'new'
        CHECK (lifecycle IN ('new', 'installed', 'enabled'))`,
      // Existing plugins have been installed, and must not be called with their next release.
      `UPDATE installations SET lifecycle = CASE WHEN enabled = 1 THEN 'enabled' ELSE 'installed' END
        WHERE active_version IS NOT NULL`,
    ],
  },
]

/**
 * Migrates the schema to the newest version; does nothing when it is already there.
 * @throws StoreError INTERNAL when a newer version wrote the database; SQLite's error when a step fails, which then changed
 * nothing
 */
export async function migrate(
  db: Kysely<Tables>,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS schema_version (
    version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL
  ) STRICT`.execute(db)
  const current = await schemaVersion(db)
  if (current > migrations.length) {
    throw new StoreError(
      'INTERNAL',
      `The store has schema version ${current}, but this version of Plugbay knows ${migrations.length}: use the newer Plugbay that wrote it`,
    )
  }
  for (const [index, migration] of migrations.entries()) {
    if (index >= current) await apply(db, { version: index + 1, migration })
  }
}

/** The schema version of the file: 0 for a new one. */
export async function schemaVersion(db: Kysely<Tables>): Promise<number> {
  const row = await db
    .selectFrom('schema_version')
    .select((eb) => eb.fn.max('version').as('version'))
    .executeTakeFirst()
  return row?.version ?? 0
}

async function apply(
  db: Kysely<Tables>,
  step: { readonly version: number; readonly migration: Migration },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const statement of step.migration.statements) await sql.raw(statement).execute(transaction)
    await transaction
      .insertInto('schema_version')
      .values({ version: step.version, name: step.migration.name, applied_at: new Date().toISOString() })
      .execute()
  })
}
