// The tables of what users sign in with, for migrations.ts.

export const ACCOUNT_STATEMENTS: readonly string[] = [
  'ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))',
  'ALTER TABLE users ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0',
  'CREATE INDEX users_lower_name ON users (lower(name))',
  'ALTER TABLE tokens ADD COLUMN made_by_user TEXT REFERENCES users (id) ON DELETE CASCADE',
  'CREATE INDEX tokens_made_by_user ON tokens (made_by_user)',
  'ALTER TABLE audit ADD COLUMN actor_user TEXT',
  `CREATE TABLE passwords (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE password_links (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    kind TEXT NOT NULL CHECK (kind IN ('invite', 'reset')),
    expires_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created INTEGER NOT NULL CHECK (created IN (0, 1)),
    PRIMARY KEY (issuer, subject)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX identities_user ON identities (user_id)',
  `CREATE TABLE user_sessions (
    hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX user_sessions_user ON user_sessions (user_id)',
  'CREATE INDEX user_sessions_expiry ON user_sessions (expires_at_ms)',
  `CREATE TABLE browsers (
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    used_at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, hash)
  ) STRICT, WITHOUT ROWID`,
]
