// The installed plugins, their releases, and what the administrator configured for them.
// Invariant: the active and the candidate version of an installation always name existing releases.

import type { Manifest } from '../sdk/manifest/manifest.ts'
import { recordAudit } from './audit-log.ts'
import type { Db, Engine } from './database/engine.ts'
import type { InstallationsTable, ReleasesTable } from './database/tables.ts'
import { fromJson, toJson } from './json-column.ts'
import type { InstallationRecord, ReleaseRecord } from './records.ts'
import type { Catalog, InstallationChange } from './store.ts'
import { StoreError } from './store-error.ts'

export function createCatalog(engine: Engine, now: () => number): Catalog {
  return {
    list: () =>
      engine.read(async (db) => {
        const rows = await db.selectFrom('installations').selectAll().orderBy('id').execute()
        return rows.map(toInstallation)
      }),

    get: (id) =>
      engine.read(async (db) => {
        const row = await db.selectFrom('installations').selectAll().where('id', '=', id).executeTakeFirst()
        return row === undefined ? undefined : toInstallation(row)
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

    addRelease: (release, change, audit) =>
      engine.transaction(async (db) => {
        const time = now()
        await ensureInstallation(db, release.pluginId, time)
        await ensureRelease(db, release)
        await db.deleteFrom('uninstalled').where('id', '=', release.pluginId).execute()
        await recordAudit(db, { subject: release.pluginId, audit, now: time })
        return changeInstallation(db, release.pluginId, { change, now: time })
      }),

    change: (id, change, audit) =>
      engine.transaction(async (db) => {
        const time = now()
        const changed = await changeInstallation(db, id, { change, now: time })
        await recordAudit(db, { subject: id, audit, now: time })
        return changed
      }),

    reach: (id, lifecycle) =>
      engine.transaction((db) => changeInstallation(db, id, { change: { lifecycle }, now: now() })),

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

    remove: (id, audit) =>
      engine.transaction(async (db) => {
        const time = now()
        const { numDeletedRows } = await db
          .deleteFrom('installations')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
        if (numDeletedRows === 0n) throw unknownPlugin(id)
        await db
          .insertInto('uninstalled')
          .values({ id, time: new Date(time).toISOString() })
          .execute()
        await recordAudit(db, { subject: id, audit, now: time })
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
      created_at: time,
      updated_at: time,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
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
    })
    .execute()
}

async function changeInstallation(
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
