// The tables of a plugin's bucket. Its contents are files beside the database, each named by its SHA-256.
// Invariant: `content.refs` is the number of segments and parts with that content; `usage.bytes` counts contents with a reference,
// and ENTRY_BYTES and the texts of each row; both change in the same transaction as the rows do.

import type { DatabaseSync } from 'node:sqlite'
import { openDatabaseFile } from '../database-file.ts'

/** What a file, a part or an upload counts beside its content and its texts. */
export const ENTRY_BYTES = 4096

/** Objects without a key were replaced or deleted: who has begun to read them goes on. Keys are blobs, so they sort by their bytes. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS content (
    sha256 BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    refs INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS unused ON content (sha256) WHERE refs = 0;
  CREATE TABLE IF NOT EXISTS object (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key BLOB UNIQUE,
    ended_ms INTEGER,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    uploaded_ms INTEGER NOT NULL,
    meta TEXT NOT NULL,
    cost INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS ended ON object (ended_ms) WHERE ended_ms IS NOT NULL;
  CREATE TABLE IF NOT EXISTS segment (
    object INTEGER NOT NULL,
    start INTEGER NOT NULL,
    number INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (object, start, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY,
    key BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    meta TEXT NOT NULL,
    cost INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS part (
    upload TEXT NOT NULL,
    number INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (upload, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS usage (id INTEGER PRIMARY KEY CHECK (id = 1), bytes INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO usage (id, bytes) VALUES (1, 0);
`

/** @throws SQLite's or the system's error */
export function openBucketFile(file: string): DatabaseSync {
  return openDatabaseFile(file, { prepare: (database) => database.exec(SCHEMA) })
}
