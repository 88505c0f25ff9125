// The devices that an administrator chose for plugins, in the order of preference.
// Invariant: a choice stays while the device is unplugged and while the plugin is uninstalled; it goes to the plugin that replaces it.

import { recordAudit } from './audit-log.ts'
import { unknownPlugin } from './catalog.ts'
import type { Db, Engine } from './database/engine.ts'
import type { DeviceChoices } from './store.ts'

export function createDeviceChoices(engine: Engine, now: () => number): DeviceChoices {
  return {
    of: (id) =>
      engine.read(async (db) => {
        const rows = await db
          .selectFrom('device_choices')
          .selectAll()
          .where('plugin_id', '=', id)
          .orderBy('place')
          .execute()
        return rows.map(({ vendor_id: vendorId, product_id: productId, serial_number: serialNumber }) => {
          return { vendorId, productId, serialNumber }
        })
      }),

    set: (id, choices, audit) =>
      engine.transaction(async (db) => {
        const found = await db
          .selectFrom('installations')
          .select('id')
          .where('id', '=', id)
          .where('removed_at', 'is', null)
          .executeTakeFirst()
        if (found === undefined) throw unknownPlugin(id)
        await db.deleteFrom('device_choices').where('plugin_id', '=', id).execute()
        const rows = choices.map(({ vendorId, productId, serialNumber }, place) => ({
          ...{ plugin_id: id, place, vendor_id: vendorId, product_id: productId },
          serial_number: serialNumber,
        }))
        if (rows.length > 0) await db.insertInto('device_choices').values(rows).execute()
        await recordAudit(db, { subject: id, audit, now: now() })
      }),
  }
}

/** In the caller's transaction, before `from` is removed: `to` gets its choices, unless it has some. */
export async function passDevices(db: Db, from: string, to: string): Promise<void> {
  const own = await db
    .selectFrom('device_choices')
    .select('place')
    .where('plugin_id', '=', to)
    .executeTakeFirst()
  if (own === undefined)
    await db.updateTable('device_choices').set({ plugin_id: to }).where('plugin_id', '=', from).execute()
}
