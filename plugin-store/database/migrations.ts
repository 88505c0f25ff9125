// The schema of the store as ordered steps. Each runs once, in a transaction of its own.
// Invariant: a released step is never edited; a schema change is a new step at the end.

import type { Kysely } from 'kysely'
import { StoreError } from '../store-error.ts'
import { ACCOUNT_STATEMENTS } from './account-tables.ts'
import { sql } from './kysely.ts'
import type { Tables } from './tables.ts'
import { TASK_COLUMNS, TASK_INDEXES, TASK_LOG_COLUMNS } from './task-tables.ts'

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
  {
    name: 'origins of secrets',
    statements: [
      // Until now a secret was for every granted origin. Where there is one, it stays for that one.
      bindSecrets('reviewed'),
      bindSecrets('grants'),
    ],
  },
  {
    name: 'sealed settings',
    statements: ['ALTER TABLE settings ADD COLUMN sealed_by TEXT'],
  },
  {
    name: 'the token behind a change, and the token that made a token',
    statements: [
      // No reference: the log outlives the token.
      'ALTER TABLE audit ADD COLUMN actor_token TEXT',
      'ALTER TABLE tokens ADD COLUMN made_by TEXT REFERENCES tokens (id) ON DELETE CASCADE',
      'CREATE INDEX tokens_made_by ON tokens (made_by)',
    ],
  },
  {
    name: 'the version whose data is stored',
    statements: [
      'ALTER TABLE installations ADD COLUMN data_version TEXT',
      "UPDATE installations SET data_version = active_version WHERE lifecycle <> 'new'",
    ],
  },
  {
    name: 'what is remembered of uninstalled plugins',
    statements: [
      'ALTER TABLE installations ADD COLUMN removed_at TEXT',
      'ALTER TABLE installations ADD COLUMN removed_access TEXT CHECK (json_valid(removed_access))',
    ],
  },
  {
    name: 'plugins that were replaced',
    statements: ['ALTER TABLE uninstalled ADD COLUMN replaced_by TEXT'],
  },
  {
    name: 'the order of plugins at extension points',
    statements: [
      `CREATE TABLE orders (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        plugin_id TEXT NOT NULL,
        place INTEGER NOT NULL,
        PRIMARY KEY (kind, name, plugin_id)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    name: 'tasks and their logs',
    statements: [
      `CREATE TABLE tasks (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        plugin_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
        ${TASK_COLUMNS}
      ) STRICT`,
      ...TASK_INDEXES,
      `CREATE TABLE task_log (
        task_seq INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE,
        ${TASK_LOG_COLUMNS}
      ) STRICT, WITHOUT ROWID`,
      // What the declared tasks of a plugin were last scheduled for.
      `CREATE TABLE task_plans (
        plugin_id TEXT NOT NULL PRIMARY KEY REFERENCES installations (id) ON DELETE CASCADE,
        plan TEXT NOT NULL
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    name: 'settings of the application',
    statements: [
      `CREATE TABLE host_settings (
        plugin_id TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value)),
        sealed_by TEXT,
        PRIMARY KEY (plugin_id, key)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    name: 'deliveries of durable events',
    statements: [
      `CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        event_id TEXT NOT NULL,
        plugin_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        key TEXT,
        event TEXT NOT NULL CHECK (json_valid(event)),
        depth INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'dead')),
        run_at_ms INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        lease_owner TEXT,
        lease_until_ms INTEGER,
        epoch INTEGER NOT NULL DEFAULT 0,
        problem TEXT CHECK (json_valid(problem)),
        created_at_ms INTEGER NOT NULL,
        UNIQUE (event_id, plugin_id)
      ) STRICT`,
      "CREATE INDEX deliveries_waiting ON deliveries (plugin_id, seq) WHERE state = 'waiting'",
      "CREATE INDEX deliveries_key ON deliveries (plugin_id, key, seq) WHERE state <> 'dead'",
      "CREATE INDEX deliveries_dead ON deliveries (plugin_id, seq) WHERE state = 'dead'",
    ],
  },
  {
    name: 'titles of items in menus',
    statements: [
      `CREATE TABLE menu_titles (
        menu TEXT NOT NULL,
        plugin_id TEXT NOT NULL,
        item TEXT NOT NULL,
        title TEXT NOT NULL CHECK (json_valid(title)),
        PRIMARY KEY (menu, plugin_id, item)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    name: 'devices that were chosen for plugins',
    statements: [
      `CREATE TABLE device_choices (
        plugin_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        vendor_id INTEGER NOT NULL,
        product_id INTEGER NOT NULL,
        serial_number TEXT,
        PRIMARY KEY (plugin_id, place)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    name: 'which releases have served',
    statements: [
      'ALTER TABLE releases ADD COLUMN served INTEGER',
      // What can be known of releases from before: those up to the active one, without those that were left for an earlier one.
      `UPDATE releases SET served = seq
        WHERE seq <= (SELECT active.seq FROM installations
            JOIN releases AS active ON active.plugin_id = installations.id AND active.version = installations.active_version
            WHERE installations.id = releases.plugin_id)
          AND NOT EXISTS (SELECT 1 FROM quarantines
            WHERE quarantines.plugin_id = releases.plugin_id AND quarantines.version = releases.version)
          AND NOT EXISTS (SELECT 1 FROM audit
            JOIN installations ON installations.id = audit.subject AND installations.active_version <> releases.version
            WHERE audit.subject = releases.plugin_id AND audit.action = 'plugin.rollback'
              AND audit.detail ->> '$.from' = releases.version)`,
    ],
  },
  {
    name: 'doubts about releases',
    statements: ['ALTER TABLE releases ADD COLUMN doubt TEXT'],
  },
  {
    name: 'tasks of the server itself',
    statements: [
      // No column can lose its NOT NULL. The logs first: they would be deleted with the tasks that they belong to.
      `CREATE TABLE new_tasks (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        plugin_id TEXT REFERENCES installations (id) ON DELETE CASCADE,
        ${TASK_COLUMNS}
      ) STRICT`,
      'INSERT INTO new_tasks SELECT * FROM tasks',
      `CREATE TABLE new_task_log (
        task_seq INTEGER NOT NULL REFERENCES new_tasks (seq) ON DELETE CASCADE,
        ${TASK_LOG_COLUMNS}
      ) STRICT, WITHOUT ROWID`,
      'INSERT INTO new_task_log SELECT * FROM task_log',
      'DROP TABLE task_log',
      'DROP TABLE tasks',
      'ALTER TABLE new_tasks RENAME TO tasks',
      'ALTER TABLE new_task_log RENAME TO task_log',
      ...TASK_INDEXES,
    ],
  },
  {
    name: 'values for templates',
    statements: [
      `CREATE TABLE host_values (
        plugin_id TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value)),
        sealed_by TEXT,
        PRIMARY KEY (plugin_id, key)
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE kept_values (
        plugin_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value)),
        sealed_by TEXT,
        PRIMARY KEY (plugin_id, key)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    name: 'steps that have set the application up',
    statements: [
      `CREATE TABLE init_runs (
        plugin_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
        stage TEXT NOT NULL CHECK (stage IN ('pre', 'run')),
        name TEXT NOT NULL,
        version TEXT NOT NULL,
        PRIMARY KEY (plugin_id, stage, name)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    name: 'last uses of permissions',
    statements: [
      `CREATE TABLE permission_uses (
        plugin_id TEXT NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
        permission TEXT NOT NULL,
        last_at TEXT NOT NULL,
        PRIMARY KEY (plugin_id, permission)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    name: 'passwords, links, identities and sessions of users',
    statements: ACCOUNT_STATEMENTS,
  },
]

/** For installations that have one origin, and whose manifest does not name the origins of its secrets. */
function bindSecrets(column: 'grants' | 'reviewed'): string {
  const secrets = `SELECT json_group_object(property.key, json_array(${column} ->> '$.network[0]'))
    FROM releases, json_each(releases.manifest, '$.settings.properties') AS property
    WHERE releases.plugin_id = installations.id AND releases.version = installations.active_version
      AND property.value ->> '$.format' = 'secret'
      AND json_array_length(releases.manifest, '$.permissions.network') = 1`
  return `UPDATE installations SET ${column} = json_set(${column}, '$.secrets', json((${secrets})))
    WHERE json_array_length(${column}, '$.network') = 1 AND ${column} -> '$.secrets' IS NULL
      AND (${secrets}) <> '{}'`
}

/**
 * Migrates the schema to the newest version; does nothing when it is already there.
 * @throws StoreError STORE_NEWER when a newer version wrote the database; SQLite's error when a step fails, which then changed
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
      'STORE_NEWER',
      `The store has schema version ${current}, but this version of Plugbay knows ${migrations.length}`,
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
