// Plugins that were stopped after too many failures, with the evidence. The records survive a restart of the runtime.
// Invariant: at most one record per plugin, deleted with its installation.

import { recordAudit } from './audit-log.ts'
import { unknownPlugin } from './catalog.ts'
import type { Engine } from './database/engine.ts'
import { fromJson, toJson } from './json-column.ts'
import type { Quarantines } from './store.ts'

export function createQuarantines(engine: Engine, now: () => number): Quarantines {
  return {
    get: (pluginId) =>
      engine.read(async (db) => {
        const row = await db
          .selectFrom('quarantines')
          .selectAll()
          .where('plugin_id', '=', pluginId)
          .executeTakeFirst()
        if (row === undefined) return undefined
        return { pluginId, version: row.version, evidence: fromJson<Record<string, unknown>>(row.evidence) }
      }),

    put: ({ pluginId, version, evidence }, audit) =>
      engine.transaction(async (db) => {
        const installed = await db
          .selectFrom('installations')
          .select('id')
          .where('id', '=', pluginId)
          .where('removed_at', 'is', null)
          .executeTakeFirst()
        if (installed === undefined) throw unknownPlugin(pluginId)
        const row = { version, evidence: toJson(evidence) }
        await db
          .insertInto('quarantines')
          .values({ plugin_id: pluginId, ...row })
          .onConflict((conflict) => conflict.column('plugin_id').doUpdateSet(row))
          .execute()
        await db
          .updateTable('releases')
          .set({ served: null })
          .where('plugin_id', '=', pluginId)
          .where('version', '=', version)
          .execute()
        await recordAudit(db, { subject: pluginId, audit, now: now() })
      }),

    remove: (pluginId) =>
      engine.transaction(async (db) => {
        await db.deleteFrom('quarantines').where('plugin_id', '=', pluginId).execute()
      }),
  }
}
