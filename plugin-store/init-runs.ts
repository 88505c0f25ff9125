// Which steps of plugins have set the application up, and for which release.
// Invariant: a row is of a step that has succeeded; it goes when the plugin is forgotten.

import type { Engine } from './database/engine.ts'
import type { InitRuns } from './store.ts'

export function createInitRuns(engine: Engine): InitRuns {
  return {
    list: () =>
      engine.read(async (db) => {
        const rows = await db.selectFrom('init_runs').selectAll().execute()
        return rows.map(({ plugin_id: pluginId, stage, name, version }) => ({
          pluginId,
          stage,
          name,
          version,
        }))
      }),

    put: ({ pluginId, stage, name, version }) =>
      engine.transaction(async (db) => {
        await db
          .insertInto('init_runs')
          .values({ plugin_id: pluginId, stage, name, version })
          .onConflict((conflict) => conflict.columns(['plugin_id', 'stage', 'name']).doUpdateSet({ version }))
          .execute()
      }),
  }
}
