// The installed plugins, their releases, and what the administrator configured for them.
// Invariant: the active and the candidate version of an installation always name existing releases.

import type { Access } from '../sdk/api/access.ts'
import type { Problem } from '../sdk/api/problems.ts'
import type { Manifest } from '../sdk/manifest/manifest.ts'
import { recordAudit } from './audit-log.ts'
import type { Db, Engine } from './database/engine.ts'
import type { InstallationsTable, ReleasesTable } from './database/tables.ts'
import { fromJson, toJson } from './json-column.ts'
import { forgetTitles } from './menu-titles.ts'
import { forgetPlaces } from './orders.ts'
import type { InstallationRecord, ReleaseRecord } from './records.ts'
import type { Catalog, InstallationChange } from './store.ts'
import { StoreError } from './store-error.ts'

export interface CatalogParts {
  readonly engine: Engine
  readonly now: () => number
  /** Called in the transaction of each new release: it may declare a setting to be a secret. */
  readonly onRelease: (db: Db, pluginId: string) => Promise<void>
  /** Called after that transaction. */
  readonly afterRelease: () => Promise<void>
}

export function createCatalog({ engine, now, onRelease, afterRelease }: CatalogParts): Catalog {
  return {
    list: () =>
      engine.read(async (db) => {
        const rows = await installed(db).orderBy('id').execute()
        return rows.map(toInstallation)
      }),

    get: (id) =>
      engine.read(async (db) => {
        const row = await installed(db).where('id', '=', id).executeTakeFirst()
        return row === undefined ? undefined : toInstallation(row)
      }),

    removed: (id) =>
      engine.read(async (db) => {
        const row = await removed(db, id)
        if (row === undefined) return undefined
        const { removed_access: access } = row
        return { ...toInstallation(row), accessAsked: access === null ? 'user' : fromJson<Access>(access) }
      }),

    releases: (id) =>
      engine.read(async (db) => {
        const rows = await db
          .selectFrom('releases')
          .selectAll()
          .where('plugin_id', '=', id)
          .orderBy('seq', 'desc')
          .execute()
        return rows.map(toRelease)
      }),

    release: (id, version) => engine.read((db) => findRelease(db, { id, version })),

    async addRelease(release, change, audit) {
      const record = await engine.transaction(async (db) => {
        const time = now()
        await ensureInstallation(db, release.pluginId, time)
        await ensureRelease(db, release)
        await onRelease(db, release.pluginId)
        await db.deleteFrom('uninstalled').where('id', '=', release.pluginId).execute()
        await recordAudit(db, { subject: release.pluginId, audit, now: time })
        return changeInstallation(db, release.pluginId, { change, now: time })
      })
      await afterRelease()
      return record
    },

    change: (id, change, audit) =>
      engine.transaction(async (db) => {
        const time = now()
        const changed = await changeInstallation(db, id, { change, now: time })
        await recordAudit(db, { subject: id, audit, now: time })
        return changed
      }),

    served: (id, version) =>
      engine.transaction(async (db) => {
        const releases = () => db.updateTable('releases').where('plugin_id', '=', id)
        const row = await db
          .selectFrom('releases')
          .select(({ fn }) => fn.max('served').as('last'))
          .where('plugin_id', '=', id)
          .executeTakeFirst()
        const place = (await findRelease(db, { id, version }))?.served
        if (place === undefined)
          await releases()
            .where('version', '=', version)
            .set({ served: (row?.last ?? 0) + 1 })
            .execute()
        else await releases().where('served', '>', place).set({ served: null }).execute()
      }),

    reach: (id, change) => engine.transaction((db) => changeInstallation(db, id, { change, now: now() })),

    forgetReleases: (id, keep) =>
      engine.transaction(async (db) => {
        const installation = await db
          .selectFrom('installations')
          .select(['active_version', 'candidate_version'])
          .where('id', '=', id)
          .executeTakeFirst()
        if (installation === undefined) throw unknownPlugin(id)
        const releases = await db
          .selectFrom('releases')
          .select(['seq', 'version', 'sha256'])
          .where('plugin_id', '=', id)
          .orderBy('seq', 'desc')
          .execute()
        const { active_version, candidate_version } = installation
        const old = releases
          .slice(keep)
          .filter(({ version }) => version !== active_version && version !== candidate_version)
        if (old.length === 0) return []
        const seqs = old.map(({ seq }) => seq)
        await db.deleteFrom('releases').where('seq', 'in', seqs).execute()
        const hashes = old.map(({ sha256 }) => sha256)
        const used = await db.selectFrom('releases').select('sha256').where('sha256', 'in', hashes).execute()
        return hashes.filter((hash) => !used.some(({ sha256 }) => sha256 === hash))
      }),

    remove: (id, removal, audit) =>
      engine.transaction(async (db) => {
        const time = new Date(now()).toISOString()
        if ((await installed(db).where('id', '=', id).executeTakeFirst()) === undefined)
          throw unknownPlugin(id)
        if (removal === 'forget') await forgetInstallation(db, id)
        else await leave(db, id, { time, access: removal.remember })
        await db.insertInto('uninstalled').values({ id, time, replaced_by: null }).execute()
        await recordAudit(db, { subject: id, audit, now: now() })
      }),

    forget: (id, audit) =>
      engine.transaction(async (db) => {
        if ((await removed(db, id)) === undefined) throw unknownPlugin(id)
        await forgetInstallation(db, id)
        await recordAudit(db, { subject: id, audit, now: now() })
      }),

    wasUninstalled: (id) =>
      engine.read(async (db) => {
        const row = await db.selectFrom('uninstalled').select('id').where('id', '=', id).executeTakeFirst()
        return row !== undefined
      }),

    artifactsInUse: () =>
      engine.read(async (db) => {
        const rows = await db.selectFrom('releases').select('sha256').distinct().execute()
        return new Set(rows.map((row) => row.sha256))
      }),
  }
}

function installed(db: Db) {
  return db.selectFrom('installations').selectAll().where('removed_at', 'is', null)
}

async function removed(db: Db, id: string): Promise<InstallationsTable | undefined> {
  return await db
    .selectFrom('installations')
    .selectAll()
    .where('id', '=', id)
    .where('removed_at', 'is not', null)
    .executeTakeFirst()
}

async function forgetInstallation(db: Db, id: string): Promise<void> {
  await db.deleteFrom('installations').where('id', '=', id).execute()
  await forgetPlaces(db, id)
  await forgetTitles(db, id)
}

/** Leaves of an installation what was chosen for it. */
async function leave(
  db: Db,
  id: string,
  { time, access }: { readonly time: string; readonly access: Access },
): Promise<void> {
  await db
    .updateTable('installations')
    .set({
      active_version: null,
      candidate_version: null,
      lifecycle: 'new',
      removed_at: time,
      removed_access: toJson(access),
      updated_at: time,
    })
    .where('id', '=', id)
    .execute()
  await db.deleteFrom('releases').where('plugin_id', '=', id).execute()
  for (const table of ['quarantines', 'tasks', 'task_plans'] as const)
    await db.deleteFrom(table).where('plugin_id', '=', id).execute()
}

/** The error of every call for an installation that does not exist. */
export function unknownPlugin(id: string): StoreError {
  return new StoreError('PLUGIN_UNKNOWN', `There is no plugin "${id}"`)
}

async function ensureInstallation(db: Db, id: string, now: number): Promise<void> {
  const time = new Date(now).toISOString()
  await db
    .insertInto('installations')
    .values({
      id,
      enabled: 0,
      active_version: null,
      candidate_version: null,
      grants: '{}',
      reviewed: '{}',
      access: null,
      lifecycle: 'new',
      data_version: null,
      removed_at: null,
      removed_access: null,
      created_at: time,
      updated_at: time,
    })
    // One that is installed stays as it is.
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ removed_at: null, removed_access: null, created_at: time })
        .where('installations.removed_at', 'is not', null),
    )
    .execute()
}

async function ensureRelease(db: Db, release: ReleaseRecord): Promise<void> {
  const existing = await findRelease(db, { id: release.pluginId, version: release.version })
  if (existing?.sha256 === release.sha256) return
  if (existing !== undefined) {
    throw new StoreError(
      'VERSION_EXISTS',
      `Release "${release.version}" of "${release.pluginId}" exists with other content`,
    )
  }
  await db
    .insertInto('releases')
    .values({
      plugin_id: release.pluginId,
      version: release.version,
      sha256: release.sha256,
      manifest: toJson(release.manifest),
      installed_at: release.installedAt,
      served: null,
      doubt: release.doubt === undefined ? null : toJson(release.doubt),
    })
    .execute()
}

export async function changeInstallation(
  db: Db,
  id: string,
  options: { readonly change: InstallationChange; readonly now: number },
): Promise<InstallationRecord> {
  const { change, now } = options
  for (const version of [change.activeVersion, change.candidateVersion]) {
    if (typeof version === 'string' && (await findRelease(db, { id, version })) === undefined) {
      throw new StoreError('STATE_CONFLICT', `Plugin "${id}" has no release "${version}"`)
    }
  }
  const row = await db
    .updateTable('installations')
    .set({ ...toColumns(change), updated_at: new Date(now).toISOString() })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw unknownPlugin(id)
  return toInstallation(row)
}

async function findRelease(
  db: Db,
  key: { readonly id: string; readonly version: string },
): Promise<ReleaseRecord | undefined> {
  const row = await db
    .selectFrom('releases')
    .selectAll()
    .where('plugin_id', '=', key.id)
    .where('version', '=', key.version)
    .executeTakeFirst()
  return row === undefined ? undefined : toRelease(row)
}

function toColumns(change: InstallationChange): Partial<InstallationsTable> {
  return {
    ...(change.enabled === undefined ? {} : { enabled: change.enabled ? 1 : 0 }),
    ...(change.activeVersion === undefined ? {} : { active_version: change.activeVersion }),
    ...(change.candidateVersion === undefined ? {} : { candidate_version: change.candidateVersion }),
    ...(change.grants === undefined ? {} : { grants: toJson(change.grants) }),
    ...(change.reviewed === undefined ? {} : { reviewed: toJson(change.reviewed) }),
    ...(change.lifecycle === undefined ? {} : { lifecycle: change.lifecycle }),
    ...(change.dataVersion === undefined ? {} : { data_version: change.dataVersion }),
    ...(change.access === undefined ? {} : { access: change.access === null ? null : toJson(change.access) }),
  }
}

function toInstallation(row: InstallationsTable): InstallationRecord {
  return {
    id: row.id,
    enabled: row.enabled === 1,
    activeVersion: row.active_version,
    candidateVersion: row.candidate_version,
    grants: fromJson(row.grants),
    reviewed: fromJson(row.reviewed),
    access: row.access === null ? null : fromJson(row.access),
    lifecycle: row.lifecycle,
    dataVersion: row.data_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toRelease(row: Omit<ReleasesTable, 'seq'>): ReleaseRecord {
  return {
    pluginId: row.plugin_id,
    version: row.version,
    sha256: row.sha256,
    manifest: manifestOf(row),
    installedAt: row.installed_at,
    ...(row.served !== null && { served: row.served }),
    ...(row.doubt !== null && { doubt: fromJson<Problem>(row.doubt) }),
  }
}

/** The only place where a stored manifest gets its type: it was validated before it was stored, and artifacts never change. */
function manifestOf({ plugin_id, version, manifest }: Omit<ReleasesTable, 'seq'>): Manifest {
  const parsed = fromJson<Manifest | null>(manifest)
  if (parsed?.id === plugin_id) return parsed
  throw new StoreError(
    'INTERNAL',
    `The manifest of release "${version}" of "${plugin_id}" is of another plugin`,
  )
}
