// Values for the templates of the application: the administrator's, and those that plugins have added.
// Invariant: what a plugin has added stays until the plugin is forgotten; a secret is in no row in clear text.

import { recordAudit } from './audit-log.ts'
import type { Db } from './database/engine.ts'
import type { KeyRing } from './encryption/key-ring.ts'
import { fromJson } from './json-column.ts'
import { sealedColumns } from './sealed-settings.ts'
import { opened, readRows, type SettingsParts, writeRows } from './settings-store.ts'
import type { ValuesStore } from './store.ts'
import { StoreError } from './store-error.ts'

export function createValuesStore({ engine, now, vault }: SettingsParts): ValuesStore {
  return {
    ofHost: (hostId) => engine.read((db) => readRows(db, vault.ring, { table: 'host_values', id: hostId })),

    setOfHost: (hostId, { values, secrets }, audit) =>
      engine.transaction(async (db) => {
        await writeRows(db, vault.ring, { table: 'host_values', id: hostId, values, secrets })
        await recordAudit(db, { subject: hostId, audit, now: now() })
      }),

    kept: () =>
      engine.read(async (db) => {
        const rows = await db.selectFrom('kept_values').selectAll().execute()
        return rows.map((row) => opened(vault.ring, row))
      }),

    keep: (pluginId, { values, secrets }) =>
      engine.transaction(async (db) => {
        const known = await db
          .selectFrom('kept_values')
          .select('key')
          .where('plugin_id', '=', pluginId)
          .execute()
        const added = Object.entries(values).filter(([key]) => !known.some((row) => row.key === key))
        const place = { table: 'kept_values', id: pluginId } as const
        await writeRows(db, vault.ring, { ...place, values: Object.fromEntries(added), secrets })
      }),

    drop: (pluginId, keys, audit) =>
      engine.transaction(async (db) => {
        await db
          .deleteFrom('kept_values')
          .where('plugin_id', '=', pluginId)
          .where('key', 'in', [...keys])
          .execute()
        await recordAudit(db, { subject: pluginId, audit, now: now() })
      }),
  }
}

/**
 * In the caller's transaction: `to` gets what `from` has added, also in place of its own, because that is what the application was set
 * up with.
 */
export async function passKept(
  db: Db,
  ring: KeyRing,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const rows = await db.selectFrom('kept_values').selectAll().where('plugin_id', '=', from).execute()
  for (const row of rows) {
    const columns = columnsFor(to, row, ring)
    await db
      .insertInto('kept_values')
      .values({ plugin_id: to, key: row.key, ...columns })
      .onConflict((conflict) => conflict.columns(['plugin_id', 'key']).doUpdateSet(columns))
      .execute()
  }
}

/** A secret is sealed for the plugin and the key that have it. */
function columnsFor(
  to: string,
  row: {
    readonly plugin_id: string
    readonly key: string
    readonly value: string
    readonly sealed_by: string | null
  },
  ring: KeyRing,
) {
  const { plugin_id: pluginId, key, value, sealed_by: by } = row
  if (by === null) return { value, sealed_by: null }
  const found = ring.open({ pluginId, key }, { by, text: fromJson<string>(value) })
  if (!found.ok || ring.current === undefined)
    throw new StoreError(
      'SECRETS_KEY_UNUSABLE',
      `The value "${key}" of "${pluginId}" cannot be carried: ${found.ok ? ring.problem : found.reason}`,
    )
  return sealedColumns(ring, { pluginId: to, key }, found.text)
}
