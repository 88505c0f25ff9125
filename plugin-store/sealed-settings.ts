// Rows of settings whose values are sealed: those that some release of their plugin declares to be secrets.
// Invariant: a function here leaves rows that it cannot open as they are.

import type { Db } from './database/engine.ts'
import { sql } from './database/kysely.ts'
import type { KeyRing, Owner, Sealed } from './encryption/key-ring.ts'
import { fromJson, toJson } from './json-column.ts'

/** Keys of the settings that a stored release of the plugin declares to be secrets. */
export async function secretKeys(db: Db, pluginId: string): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ key: string }>`
    SELECT DISTINCT property.key AS key
    FROM releases, json_each(releases.manifest, '$.settings.properties') AS property
    WHERE releases.plugin_id = ${pluginId} AND property.value ->> '$.format' = 'secret'`.execute(db)
  return new Set(rows.map(({ key }) => key))
}

/** The columns of a value. */
export function sealedColumns(
  ring: KeyRing,
  owner: Owner,
  json: string,
): { readonly value: string; readonly sealed_by: string } {
  const { by, text } = ring.seal(owner, json)
  return { value: toJson(text), sealed_by: by }
}

/** Seals the secrets of a plugin that are stored in clear text. Resolves with their number. */
export async function sealClearText(db: Db, ring: KeyRing, pluginId: string): Promise<number> {
  if (ring.current === undefined) return 0
  const keys = await secretKeys(db, pluginId)
  if (keys.size === 0) return 0
  const rows = await db
    .selectFrom('settings')
    .select(['key', 'value'])
    .where('plugin_id', '=', pluginId)
    .where('sealed_by', 'is', null)
    .where('key', 'in', [...keys])
    .execute()
  for (const { key, value } of rows)
    await update(db, { pluginId, key, table: 'settings' }, sealedColumns(ring, { pluginId, key }, value))
  return rows.length
}

/** As `sealClearText`, for every plugin. */
export async function sealAllClearText(db: Db, ring: KeyRing): Promise<number> {
  const plugins = await db.selectFrom('settings').select('plugin_id').distinct().execute()
  let sealed = 0
  for (const { plugin_id } of plugins) sealed += await sealClearText(db, ring, plugin_id)
  return sealed
}

/** Where what may be sealed is: settings of plugins and of the application, and values for its templates. */
const TABLES = ['settings', 'host_settings', 'host_values', 'kept_values'] as const
export type SettingsTableName = (typeof TABLES)[number]

export interface SealedRow extends Sealed {
  readonly owner: Owner
  readonly table: SettingsTableName
}

export async function sealedRows(db: Db): Promise<readonly SealedRow[]> {
  const found: SealedRow[] = []
  for (const table of TABLES) {
    const rows = await db.selectFrom(table).selectAll().where('sealed_by', 'is not', null).execute()
    for (const { plugin_id: pluginId, key, value, sealed_by: by } of rows)
      found.push({ owner: { pluginId, key }, table, by: by ?? '', text: fromJson<string>(value) })
  }
  return found
}

export interface Resealed {
  /** Sealed with the current key now. */
  readonly resealed: readonly Owner[]
  /** Sealed with a key that is not there, or damaged. */
  readonly unreadable: readonly Owner[]
}

/** Seals with the current key what another key has sealed. */
export async function reseal(db: Db, ring: KeyRing): Promise<Resealed> {
  const resealed: Owner[] = []
  const unreadable: Owner[] = []
  for (const { owner, table, by, text } of await sealedRows(db)) {
    if (by === ring.current?.id) continue
    const opened = ring.open(owner, { by, text })
    if (opened.ok) {
      await update(db, { ...owner, table }, sealedColumns(ring, owner, opened.text))
      resealed.push(owner)
    } else unreadable.push(owner)
  }
  return { resealed, unreadable }
}

async function update(
  db: Db,
  { pluginId, key, table }: Owner & { readonly table: SettingsTableName },
  columns: { readonly value: string; readonly sealed_by: string },
): Promise<void> {
  await db.updateTable(table).set(columns).where('plugin_id', '=', pluginId).where('key', '=', key).execute()
}
