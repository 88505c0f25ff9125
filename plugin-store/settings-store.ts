// Values of settings that an administrator has stored, of plugins and of the application. The caller applies defaults and the environment.
// Invariant: only installed plugins get rows, and a forgotten one has none. A secret is in no row in clear text.

import { recordAudit } from './audit-log.ts'
import { changeInstallation } from './catalog.ts'
import type { Db, Engine } from './database/engine.ts'
import type { SettingsTable } from './database/tables.ts'
import type { KeyRing, Owner } from './encryption/key-ring.ts'
import { fromJson, toJson } from './json-column.ts'
import type { SettingRecord } from './records.ts'
import { type SettingsTableName, sealedColumns, secretKeys } from './sealed-settings.ts'
import type { SettingsStore } from './store.ts'
import { StoreError } from './store-error.ts'

export interface SettingsParts {
  readonly engine: Engine
  readonly now: () => number
  readonly vault: { readonly ring: KeyRing }
}

export function createSettingsStore({ engine, now, vault }: SettingsParts): SettingsStore {
  return {
    get: (pluginId) => engine.read((db) => readRows(db, vault.ring, { table: 'settings', id: pluginId })),

    set: (pluginId, values, audit, change = {}) =>
      engine.transaction(async (db) => {
        const changed = await changeInstallation(db, pluginId, { change, now: now() })
        const secrets = await secretKeys(db, pluginId)
        await writeRows(db, vault.ring, { table: 'settings', id: pluginId, values, secrets })
        await recordAudit(db, { subject: pluginId, audit, now: now() })
        return changed
      }),

    ofHost: (hostId) => engine.read((db) => readRows(db, vault.ring, { table: 'host_settings', id: hostId })),

    setOfHost: (hostId, { values, secrets }, audit) =>
      engine.transaction(async (db) => {
        await writeRows(db, vault.ring, { table: 'host_settings', id: hostId, values, secrets })
        await recordAudit(db, { subject: hostId, audit, now: now() })
      }),
  }
}

interface Place {
  readonly table: SettingsTableName
  /** Of the plugin or the application. */
  readonly id: string
}

export async function readRows(
  db: Db,
  ring: KeyRing,
  { table, id }: Place,
): Promise<readonly SettingRecord[]> {
  const rows = await db.selectFrom(table).selectAll().where('plugin_id', '=', id).orderBy('key').execute()
  return rows.map((row) => opened(ring, row))
}

/** A row as it is meant: opened, or with the reason why it cannot be. */
export function opened(
  ring: KeyRing,
  { plugin_id: pluginId, key, value, sealed_by: by }: SettingsTable,
): SettingRecord {
  if (by === null) return { pluginId, key, value: fromJson<unknown>(value), isSealed: false }
  const found = ring.open({ pluginId, key }, { by, text: fromJson<string>(value) })
  return found.ok
    ? { pluginId, key, value: fromJson<unknown>(found.text), isSealed: true }
    : { pluginId, key, value: undefined, unreadable: found.reason, isSealed: true }
}

interface Written extends Place {
  readonly values: Readonly<Record<string, unknown>>
  readonly secrets: ReadonlySet<string>
}

export async function writeRows(
  db: Db,
  ring: KeyRing,
  { table, id, values, secrets }: Written,
): Promise<void> {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) {
      await db.deleteFrom(table).where('plugin_id', '=', id).where('key', '=', key).execute()
      continue
    }
    const json = toJson(value, 'SETTINGS_INVALID')
    const columns = secrets.has(key)
      ? sealed(ring, { pluginId: id, key }, json)
      : { value: json, sealed_by: null }
    await db
      .insertInto(table)
      .values({ plugin_id: id, key, ...columns })
      .onConflict((conflict) => conflict.columns(['plugin_id', 'key']).doUpdateSet(columns))
      .execute()
  }
}

function sealed(ring: KeyRing, owner: Owner, json: string): ReturnType<typeof sealedColumns> {
  if (ring.current === undefined)
    throw new StoreError('SECRETS_KEY_UNUSABLE', `No secret can be stored: ${ring.problem}`)
  return sealedColumns(ring, owner, json)
}
