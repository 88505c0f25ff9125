// When each plugin has last used each of its permissions.
// Invariant: a time never goes back, and a plugin that is forgotten leaves none.

import type { Engine } from './database/engine.ts'
import type { PermissionUseStore } from './store.ts'

export function createPermissionUses(engine: Engine): PermissionUseStore {
  return {
    of: (id) =>
      engine.read(async (db) => {
        const rows = await db
          .selectFrom('permission_uses')
          .select(['permission', 'last_at'])
          .where('plugin_id', '=', id)
          .execute()
        return new Map(rows.map(({ permission, last_at }) => [permission, last_at]))
      }),

    note: (uses) =>
      engine.transaction(async (db) => {
        const plugins = await db
          .selectFrom('installations')
          .select('id')
          .where('id', 'in', [...new Set(uses.map(({ plugin }) => plugin))])
          .execute()
        // One that was forgotten meanwhile has none.
        const known = new Set(plugins.map(({ id }) => id))
        for (const { plugin, permission, lastAt } of uses.filter((use) => known.has(use.plugin)))
          await db
            .insertInto('permission_uses')
            .values({ plugin_id: plugin, permission, last_at: lastAt })
            .onConflict((conflict) =>
              conflict
                .columns(['plugin_id', 'permission'])
                .doUpdateSet({ last_at: lastAt })
                .where('permission_uses.last_at', '<', lastAt),
            )
            .execute()
      }),
  }
}
