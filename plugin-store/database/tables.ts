// TypeScript types of the store's tables, kept equal to what migrations.ts creates.
// JSON is text, booleans are 0 and 1, times are ISO 8601 text in UTC unless a name ends in `_ms`.

import type { Generated } from 'kysely'
import type { TaskState } from '../../sdk/protocol/task-states.ts'
import type { DeliveryState } from '../deliveries/delivery-records.ts'
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
  data_version: string | null
  /** Of an uninstalled plugin: its choices, settings and data version are kept, and it has no releases. */
  removed_at: string | null
  /** The audience that its last release asked for. */
  removed_access: string | null
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
  served: number | null
  /** JSON. */
  doubt: string | null
}

/** Ids that were uninstalled and have not been installed since. */
interface UninstalledTable {
  id: string
  time: string
  /** The plugin that has taken its place. */
  replaced_by: string | null
}

export interface SettingsTable {
  plugin_id: string
  key: string
  /** JSON of the value; of a sealed one, a JSON string that only its key opens. */
  value: string
  /** Id of the key of a sealed value. */
  sealed_by: string | null
}

/** A plugin's place in the operator's order at an extension point. No reference: the order outlives what it names. */
interface OrdersTable {
  kind: string
  name: string
  plugin_id: string
  /** From 0. */
  place: number
}

/** The operator's title of an item in a menu. No reference: it outlives what it names. */
interface PermissionUsesTable {
  plugin_id: string
  permission: string
  /** ISO 8601. */
  last_at: string
}

interface MenuTitlesTable {
  menu: string
  plugin_id: string
  item: string
  /** JSON of a text, or of texts by language. */
  title: string
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
  actor_token: string | null
  actor_user: string | null
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
  disabled: Generated<number>
  /** Counts what ended all sessions of the user: only sessions of the current one are found. */
  epoch: Generated<number>
}

/** The password of a user. */
interface PasswordsTable {
  user_id: string
  /** In the form of runtime/http/sign-in/password-hash.ts, with its parameters. */
  hash: string
}

/** A link by which a user sets a password: one at a time. */
interface PasswordLinksTable {
  user_id: string
  /** SHA-256 of the secret, hex. */
  hash: string
  kind: 'invite' | 'reset'
  expires_at_ms: number
}

/** A user of an OpenID provider. */
interface IdentitiesTable {
  issuer: string
  subject: string
  user_id: string
  /** 1: the user was made by signing in, and the provider says what it may do. */
  created: number
}

interface UserSessionsTable {
  /** SHA-256 of the secret, hex. */
  hash: string
  user_id: string
  epoch: number
  expires_at_ms: number
}

/** A browser in which a user has signed in before: strangers' wrong passwords do not count against it. */
interface BrowsersTable {
  /** SHA-256 of the secret, hex. */
  hash: string
  user_id: string
  used_at_ms: number
}

export interface TokensTable {
  seq: Generated<number>
  id: string
  name: string
  permissions: string
  user_id: string | null
  /** The token that made it, and whose end is its end too; null for those of the system and of the administrator. */
  made_by: string | null
  /** The user who made it in a session of their own. */
  made_by_user: string | null
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

export interface TasksTable {
  seq: Generated<number>
  id: string
  /** null: of the server itself. */
  plugin_id: string | null
  name: string
  key: string | null
  queue: string
  state: TaskState
  priority: number
  weight: number
  exclusive: number
  run_at_ms: number
  /** When it was to run first: retries leave it, the next repetition counts from it. */
  due_ms: number
  /** The task that it waits for. */
  after_id: string | null
  /** 1: another one has taken its place; when it ends, nothing follows. */
  replaced: Generated<number>
  /** JSON of a TaskSpec: what no query looks for. */
  spec: string
  level: number
  /** Failed ones. */
  attempts: Generated<number>
  lease_owner: string | null
  lease_until_ms: number | null
  epoch: Generated<number>
  worked: Generated<number>
  progress: string | null
  checkpoint: string | null
  result: string | null
  problem: string | null
  created_at_ms: number
  started_at_ms: number | null
  finished_at_ms: number | null
}

export interface DeliveriesTable {
  seq: Generated<number>
  id: string
  event_id: string
  plugin_id: string
  name: string
  key: string | null
  /** JSON: data, time and user. */
  event: string
  depth: number
  state: DeliveryState
  run_at_ms: number
  /** Failed ones. */
  attempts: Generated<number>
  lease_owner: string | null
  lease_until_ms: number | null
  epoch: Generated<number>
  problem: string | null
  created_at_ms: number
}

interface TaskLogTable {
  task_seq: number
  number: number
  time_ms: number
  level: number
  text: string
}

interface TaskPlansTable {
  plugin_id: string
  plan: string
}

interface DeviceChoicesTable {
  plugin_id: string
  place: number
  vendor_id: number
  product_id: number
  serial_number: string | null
}

/** A step that has set the application up, and the release that it has last succeeded for. */
interface InitRunsTable {
  plugin_id: string
  stage: 'pre' | 'run'
  name: string
  version: string
}

export interface Tables {
  schema_version: SchemaVersionTable
  installations: InstallationsTable
  releases: ReleasesTable
  uninstalled: UninstalledTable
  settings: SettingsTable
  /** Like settings, so that secrets are sealed and resealed alike. `plugin_id` is the id of the application. */
  host_settings: SettingsTable
  /** Values of the administrator, sealed like settings. `plugin_id` is the id of the application. */
  host_values: SettingsTable
  /** Values that plugins add: rendered once, by their name without the prefix. */
  kept_values: SettingsTable
  init_runs: InitRunsTable
  orders: OrdersTable
  menu_titles: MenuTitlesTable
  permission_uses: PermissionUsesTable
  device_choices: DeviceChoicesTable
  quarantines: QuarantinesTable
  audit: AuditTable
  users: UsersTable
  tokens: TokensTable
  sessions: SessionsTable
  user_sessions: UserSessionsTable
  passwords: PasswordsTable
  password_links: PasswordLinksTable
  identities: IdentitiesTable
  browsers: BrowsersTable
  deliveries: DeliveriesTable
  tasks: TasksTable
  task_log: TaskLogTable
  task_plans: TaskPlansTable
}
