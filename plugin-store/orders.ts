// The operator's order of plugins at each extension point.
// Invariant: an order is a choice like others: it stays while a plugin is uninstalled, its place goes to the plugin that replaces it, and
// forgetting a plugin takes it out.

import { recordAudit } from './audit-log.ts'
import type { Db, Engine } from './database/engine.ts'
import type { OrderRecord } from './records.ts'
import type { OrderStore } from './store.ts'

export function createOrderStore(engine: Engine, now: () => number): OrderStore {
  return {
    list: () =>
      engine.read(async (db) => {
        const rows = await db
          .selectFrom('orders')
          .selectAll()
          .orderBy('kind')
          .orderBy('name')
          .orderBy('place')
          .execute()
        const byPoint = Map.groupBy(rows, ({ kind, name }) => `${kind} ${name}`)
        return [...byPoint.values()].flatMap((places): readonly OrderRecord[] => {
          const [first] = places
          if (first === undefined) return []
          return [{ kind: first.kind, name: first.name, plugins: places.map((row) => row.plugin_id) }]
        })
      }),

    set: ({ kind, name, plugins }, audit) =>
      engine.transaction(async (db) => {
        await db.deleteFrom('orders').where('kind', '=', kind).where('name', '=', name).execute()
        const rows = plugins.map((id, place) => ({ kind, name, plugin_id: id, place }))
        if (rows.length > 0) await db.insertInto('orders').values(rows).execute()
        await recordAudit(db, { subject: `${kind}/${name}`, audit, now: now() })
      }),
  }
}

/** In the caller's transaction: the plugin is forgotten. */
export async function forgetPlaces(db: Db, id: string): Promise<void> {
  await db.deleteFrom('orders').where('plugin_id', '=', id).execute()
  await db.deleteFrom('orders').where('kind', '=', 'settings').where('name', '=', id).execute()
}

/** In the caller's transaction: `to` gets the places of `from` where it has none, and the order of what changes its settings. */
export async function passPlaces(db: Db, from: string, to: string): Promise<void> {
  const rows = await db.selectFrom('orders').selectAll().execute()
  const isTaken = (kind: string, name: string) =>
    rows.some((row) => row.kind === kind && row.name === name && row.plugin_id === to)
  for (const { kind, name, plugin_id: id } of rows)
    if (id === from && !isTaken(kind, name))
      await rowOf(db, { kind, name, id }).set({ plugin_id: to }).execute()
  if (!rows.some(({ kind, name }) => kind === 'settings' && name === to))
    await db
      .updateTable('orders')
      .set({ name: to })
      .where('kind', '=', 'settings')
      .where('name', '=', from)
      .execute()
  await forgetPlaces(db, from)
}

function rowOf(
  db: Db,
  { kind, name, id }: { readonly kind: string; readonly name: string; readonly id: string },
) {
  return db
    .updateTable('orders')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('plugin_id', '=', id)
}
