// A plugin that takes the place of another one: what was chosen for the old id becomes the new one's.
// Invariant: it happens once, in one transaction; a secret is carried only to a setting that is a secret, and in no row in clear text.

import { recordAudit } from './audit-log.ts'
import { changeInstallation, unknownPlugin } from './catalog.ts'
import type { Db, Engine } from './database/engine.ts'
import { sql } from './database/kysely.ts'
import { passDevices } from './device-choices.ts'
import type { KeyRing } from './encryption/key-ring.ts'
import { fromJson, toJson } from './json-column.ts'
import { passTitles } from './menu-titles.ts'
import { passPlaces } from './orders.ts'
import type { SettingRecord } from './records.ts'
import { sealedColumns, secretKeys } from './sealed-settings.ts'
import type { Replacements } from './store.ts'
import { StoreError } from './store-error.ts'
import { passKept } from './values-store.ts'

export interface ReplacementParts {
  readonly engine: Engine
  readonly now: () => number
  readonly vault: { readonly ring: KeyRing }
}

export function createReplacements({ engine, now, vault }: ReplacementParts): Replacements {
  return {
    carried: ({ from, to }) =>
      engine.read(async (db) =>
        (await carriedRows(db, vault.ring, { from, to })).map(({ key, json }): SettingRecord => {
          return { pluginId: to, key, value: fromJson<unknown>(json), isSealed: false }
        }),
      ),

    replace: ({ from, to }, change, { actor, action, detail }) =>
      engine.transaction(async (db) => {
        const time = now()
        const isSecret = await secretKeys(db, to)
        for (const { key, json } of await carriedRows(db, vault.ring, { from, to })) {
          const columns = isSecret.has(key)
            ? sealedColumns(vault.ring, { pluginId: to, key }, json)
            : { value: json, sealed_by: null }
          await db
            .insertInto('settings')
            .values({ plugin_id: to, key, ...columns })
            .onConflict((conflict) => conflict.columns(['plugin_id', 'key']).doUpdateSet(columns))
            .execute()
        }
        await passDevices(db, from, to)
        await passKept(db, vault.ring, { from, to })
        const { numDeletedRows } = await db
          .deleteFrom('installations')
          .where('id', '=', from)
          .executeTakeFirstOrThrow()
        if (numDeletedRows === 0n) throw unknownPlugin(from)
        await passPlaces(db, from, to)
        await passTitles(db, from, to)
        const row = { time: new Date(time).toISOString(), replaced_by: to }
        await db
          .insertInto('uninstalled')
          .values({ id: from, ...row })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
          .execute()
        const record = await changeInstallation(db, to, { change, now: time })
        await recordAudit(db, {
          subject: to,
          audit: { actor, action, detail: { ...detail, from } },
          now: time,
        })
        await recordAudit(db, {
          subject: from,
          audit: { actor, action, detail: { ...detail, to } },
          now: time,
        })
        return record
      }),

    list: () =>
      engine.read(async (db) => {
        const rows = await db
          .selectFrom('uninstalled')
          .selectAll()
          .where('replaced_by', 'is not', null)
          .execute()
        return rows.flatMap(({ id, replaced_by: by }) => (by === null ? [] : [{ id, by }]))
      }),

    claimants: (id) =>
      engine.read(async (db) => {
        const { rows } = await sql<{ id: string }>`
          SELECT DISTINCT installations.id AS id
          FROM installations
          JOIN releases ON releases.plugin_id = installations.id
            AND releases.version = coalesce(installations.candidate_version, installations.active_version),
            json_each(releases.manifest, '$.replaces') AS claimed
          WHERE claimed.value = ${id}
          ORDER BY installations.id`.execute(db)
        return rows.map((row) => row.id)
      }),
  }
}

interface Carried {
  readonly key: string
  /** In clear text. */
  readonly json: string
}

/** What the administrator has set for the new plugin already stays. Throws SECRETS_KEY_UNUSABLE. */
async function carriedRows(
  db: Db,
  ring: KeyRing,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly Carried[]> {
  const isSecret = await secretKeys(db, to)
  const rowsOf = (id: string) => db.selectFrom('settings').selectAll().where('plugin_id', '=', id).execute()
  const own = await rowsOf(to)
  const known = new Set(own.map(({ key }) => key))
  const rows = [...own, ...(await rowsOf(from)).filter(({ key }) => !known.has(key))]
  return rows.flatMap(({ plugin_id: pluginId, key, value, sealed_by: by }) => {
    if (by === null) return [{ key, json: value }]
    // It would become readable for the plugin.
    if (!isSecret.has(key)) return []
    const opened = ring.open({ pluginId, key }, { by, text: fromJson<string>(value) })
    if (!opened.ok || ring.current === undefined)
      throw new StoreError(
        'SECRETS_KEY_UNUSABLE',
        `The secret "${key}" of "${pluginId}" cannot be carried: ${opened.ok ? ring.problem : opened.reason}`,
      )
    return [{ key, json: toJson(fromJson<unknown>(opened.text)) }]
  })
}
