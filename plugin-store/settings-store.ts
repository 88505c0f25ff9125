// Values of settings that an administrator has stored. The caller applies defaults and the environment.
// Invariant: only installed plugins have rows; uninstalling deletes them.

import { recordAudit } from './audit-log.ts'
import { unknownPlugin } from './catalog.ts'
import type { Engine } from './database/engine.ts'
import { fromJson, toJson } from './json-column.ts'
import type { SettingsStore } from './store.ts'

export function createSettingsStore(engine: Engine, now: () => number): SettingsStore {
  return {
    get: (pluginId) =>
      engine.read(async (db) => {
        const rows = await db
          .selectFrom('settings')
          .selectAll()
          .where('plugin_id', '=', pluginId)
          .orderBy('key')
          .execute()
        return rows.map((row) => ({
          pluginId: row.plugin_id,
          key: row.key,
          value: fromJson<unknown>(row.value),
        }))
      }),

    set: (pluginId, values, audit) =>
      engine.transaction(async (db) => {
        const installed = await db
          .selectFrom('installations')
          .select('id')
          .where('id', '=', pluginId)
          .executeTakeFirst()
        if (installed === undefined) throw unknownPlugin(pluginId)
        for (const [key, value] of Object.entries(values)) {
          if (value === undefined) {
            await db.deleteFrom('settings').where('plugin_id', '=', pluginId).where('key', '=', key).execute()
            continue
          }
          const json = toJson(value, 'SETTINGS_INVALID')
          await db
            .insertInto('settings')
            .values({ plugin_id: pluginId, key, value: json })
            .onConflict((conflict) => conflict.columns(['plugin_id', 'key']).doUpdateSet({ value: json }))
            .execute()
        }
        await recordAudit(db, { subject: pluginId, audit, now: now() })
      }),
  }
}
