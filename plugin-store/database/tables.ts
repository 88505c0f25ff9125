// TypeScript types of the store's tables, kept equal to what migrations.ts creates.
// JSON is text, booleans are 0 and 1, times are ISO 8601 text in UTC unless a name ends in `_ms`.

import type { Generated } from 'kysely'
import type { LifecycleStage } from '../records.ts'

interface SchemaVersionTable {
  version: number
  name: string
  applied_at: string
}

export interface InstallationsTable {
  id: string
  enabled: number
  active_version: string | null
  candidate_version: string | null
  grants: string
  reviewed: string
  access: string | null
  lifecycle: LifecycleStage
  created_at: string
  updated_at: string
}

export interface ReleasesTable {
  seq: Generated<number>
  plugin_id: string
  version: string
  sha256: string
  manifest: string
  installed_at: string
}

/** Ids that were uninstalled and have not been installed since. */
interface UninstalledTable {
  id: string
  time: string
}

interface SettingsTable {
  plugin_id: string
  key: string
  value: string
}

interface QuarantinesTable {
  plugin_id: string
  version: string
  evidence: string
}

interface AuditTable {
  seq: Generated<number>
  time: string
  actor: string
  action: string
  subject: string
  detail: string
}

export interface UsersTable {
  seq: Generated<number>
  id: string
  name: string
  permissions: string
  created_at: string
}

export interface TokensTable {
  seq: Generated<number>
  id: string
  name: string
  permissions: string
  user_id: string | null
  /** SHA-256 of the secret, hex. */
  hash: string
  /** 1 for a token whose secret is configured elsewhere (the admin token): one per name. */
  given: number
  created_at: string
  expires_at: string | null
  last_used_at: string | null
}

interface SessionsTable {
  /** SHA-256 of the secret, hex. */
  hash: string
  token_id: string
  expires_at_ms: number
}

export interface Tables {
  schema_version: SchemaVersionTable
  installations: InstallationsTable
  releases: ReleasesTable
  uninstalled: UninstalledTable
  settings: SettingsTable
  quarantines: QuarantinesTable
  audit: AuditTable
  users: UsersTable
  tokens: TokensTable
  sessions: SessionsTable
}
