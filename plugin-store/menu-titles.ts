// The operator's titles of items in menus.
// Invariant: a title is a choice like others: it stays while a plugin is uninstalled, goes to the plugin that replaces it, and is deleted
// when a plugin is forgotten.

import type { Text } from '../sdk/manifest/text.ts'
import { recordAudit } from './audit-log.ts'
import type { Db, Engine } from './database/engine.ts'
import { fromJson, toJson } from './json-column.ts'
import type { MenuTitleStore } from './store.ts'

export function createMenuTitleStore(engine: Engine, now: () => number): MenuTitleStore {
  return {
    list: () =>
      engine.read(async (db) => {
        const rows = await db.selectFrom('menu_titles').selectAll().execute()
        return rows.map(({ menu, plugin_id: plugin, item, title }) => {
          return { menu, plugin, item, title: fromJson<Text>(title) }
        })
      }),

    set: ({ menu, plugin, item }, title, audit) =>
      engine.transaction(async (db) => {
        const place = { menu, plugin_id: plugin, item }
        await db
          .deleteFrom('menu_titles')
          .where('menu', '=', menu)
          .where('plugin_id', '=', plugin)
          .where('item', '=', item)
          .execute()
        if (title !== null)
          await db
            .insertInto('menu_titles')
            .values({ ...place, title: toJson(title) })
            .execute()
        await recordAudit(db, { subject: `menus/${menu}`, audit, now: now() })
      }),
  }
}

/** In the caller's transaction: the plugin is forgotten. */
export async function forgetTitles(db: Db, id: string): Promise<void> {
  await db.deleteFrom('menu_titles').where('plugin_id', '=', id).execute()
}

/** In the caller's transaction: `to` gets the titles of `from` where it has none. */
export async function passTitles(db: Db, from: string, to: string): Promise<void> {
  const rows = await db.selectFrom('menu_titles').selectAll().where('plugin_id', '=', from).execute()
  await forgetTitles(db, from)
  for (const row of rows)
    await db
      .insertInto('menu_titles')
      .values({ ...row, plugin_id: to })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}
