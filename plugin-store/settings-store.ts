// Values of settings that an administrator has stored, of plugins and of the application. The caller applies defaults and the environment.
// Invariant: only installed plugins get rows, and a forgotten one has none. A secret is in no row in clear text.

import { recordAudit } from './audit-log.ts'
import { changeInstallation } from './catalog.ts'
import type { Db, Engine } from './database/engine.ts'
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
    get: (pluginId) => engine.read((db) => read(db, vault.ring, { table: 'settings', id: pluginId })),

    set: (pluginId, values, audit, change = {}) =>
      engine.transaction(async (db) => {
        const changed = await changeInstallation(db, pluginId, { change, now: now() })
        const secrets = await secretKeys(db, pluginId)
        await write(db, vault.ring, { table: 'settings', id: pluginId, values, secrets })
        await recordAudit(db, { subject: pluginId, audit, now: now() })
        return changed
      }),

    ofHost: (hostId) => engine.read((db) => read(db, vault.ring, { table: 'host_settings', id: hostId })),

    setOfHost: (hostId, { values, secrets }, audit) =>
      engine.transaction(async (db) => {
        await write(db, vault.ring, { table: 'host_settings', id: hostId, values, secrets })
        await recordAudit(db, { subject: hostId, audit, now: now() })
      }),
  }
}

interface Place {
  readonly table: SettingsTableName
  /** Of the plugin or the application. */
  readonly id: string
}

async function read(db: Db, ring: KeyRing, { table, id }: Place): Promise<readonly SettingRecord[]> {
  const rows = await db.selectFrom(table).selectAll().where('plugin_id', '=', id).orderBy('key').execute()
  return rows.map(({ key, value, sealed_by: by }): SettingRecord => {
    if (by === null) return { pluginId: id, key, value: fromJson<unknown>(value), isSealed: false }
    const opened = ring.open({ pluginId: id, key }, { by, text: fromJson<string>(value) })
    return opened.ok
      ? { pluginId: id, key, value: fromJson<unknown>(opened.text), isSealed: true }
      : { pluginId: id, key, value: undefined, unreadable: opened.reason, isSealed: true }
  })
}

interface Written extends Place {
  readonly values: Readonly<Record<string, unknown>>
  readonly secrets: ReadonlySet<string>
}

async function write(db: Db, ring: KeyRing, { table, id, values, secrets }: Written): Promise<void> {
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
