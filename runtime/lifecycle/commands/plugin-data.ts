// The data of a plugin as a whole: exports it as a snapshot, and replaces it with one.
// Invariant: everything that can refuse a snapshot is checked before the plugin stops; the plugin then gets either the old or
// the new data.

import type { ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Actor } from '../../../plugin-store/store.ts'
import type { DataImportAnswer } from '../../../sdk/api/data.ts'
import type { StagedImport } from '../../data/snapshots/snapshots.ts'
import { PlugbayError } from '../../errors.ts'
import { type MigrationFile, readMigrations } from '../../package/migration-files.ts'
import { type PluginControllers, unknownPlugin } from '../plugin-controllers.ts'
import type { DataExport, DataImportOptions } from '../plugins.ts'
import { runMigrations } from '../prepare/migrations.ts'
import { shownRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import type { Change, Situation } from './change.ts'

/**
 * Exports the data of an installed plugin, or data that was kept. Rejects with PLUGIN_UNKNOWN, STORE_FULL, HOST_CALL_FAILED.
 */
export async function exportData(
  id: string,
  actor: Actor,
  { data, store }: Pick<LifecycleServices, 'data' | 'store'>,
): Promise<DataExport> {
  const record = await store.catalog.get(id)
  // Without data there is nothing to export, except for an installed plugin: its snapshot is empty.
  if (record === undefined && !(await data.snapshots.hasData(id))) throw unknownPlugin(id)
  const snapshot = await data.snapshots.snapshot(id, record?.activeVersion ?? null)
  const { bytes, createdAt } = snapshot
  try {
    await store.audit.append(id, { actor, action: 'data.export', detail: { bytes, createdAt } })
    return snapshot
  } catch (error) {
    await snapshot.close()
    throw error
  }
}

export interface ImportServices extends Pick<LifecycleServices, 'config' | 'data' | 'store'> {
  readonly change: Change
  readonly controllers: PluginControllers
}

/**
 * Replaces the plugin's data, and restarts it.
 * Rejects with PLUGIN_UNKNOWN, SNAPSHOT_INVALID, BODY_TOO_LARGE, MIGRATION_FAILED, STATE_CONFLICT for a snapshot of another
 * plugin or of a later release, STORE_FULL, and as the source does. Nothing has changed then.
 */
export async function importData(
  id: string,
  { source, anyPlugin, actor }: DataImportOptions,
  services: ImportServices,
): Promise<DataImportAnswer> {
  const { change, config, controllers, data, store } = services
  controllers.installed(id)
  const { kvBytes, databaseBytes, filesBytes } = config.limits
  const staged = await data.snapshots.stageImport(id, source, {
    kvBytes,
    databaseBytes,
    filesBytes,
    from: anyPlugin ? null : id,
  })
  const facts = {
    plugin: staged.plugin,
    version: staged.version,
    createdAt: staged.createdAt,
    kvBytes: staged.kvBytes,
    databaseBytes: staged.databaseBytes,
    filesBytes: staged.filesBytes,
  }
  try {
    const installation = await change(id, {
      actor,
      decide: (situation) => ({
        action: 'data.import',
        detail: facts,
        attempt: () => migrateStaged(staged, situation, services),
        // Written first: an import may fail after its audit row, but there is none without a row.
        remember: (audit) => store.audit.append(id, audit).then(() => null),
        async whileStopped() {
          await staged.commit()
          // The upgrade steps for that version follow, when the plugin starts again.
          const { dataVersion } = situation.record
          if (staged.version !== null && dataVersion !== null)
            await store.catalog.reach(id, { dataVersion: staged.version })
        },
      }),
    })
    return { ...facts, installation }
  } finally {
    await staged.close()
  }
}

/** Migrates the database of the snapshot to the installed release; a snapshot of a later release is refused. */
async function migrateStaged(
  staged: StagedImport,
  { record, releases }: Situation,
  { store, config }: Pick<LifecycleServices, 'config' | 'store'>,
): Promise<void> {
  const release = shownRelease(record, releases)
  const migrations = release === undefined ? [] : await readMigrations(store.paths.artifact(release.sha256))
  await requireKnown(staged, { migrations, release })
  // As when a release goes live: without the grant there is no database to migrate.
  if (record.grants.database !== true) return
  if (migrations.every(({ name }) => staged.migrations.includes(name))) return
  await runMigrations(() => staged.migrate(migrations, config.limits.databaseBytes))
}

interface Installed {
  readonly migrations: readonly MigrationFile[]
  readonly release: ReleaseRecord | undefined
}

async function requireKnown(staged: StagedImport, { migrations, release }: Installed): Promise<void> {
  const installed = release === undefined ? 'no release' : `release "${release.version}"`
  const changed = migrations.length === 0 ? [] : (await staged.compare(migrations)).changed
  for (const name of staged.migrations) {
    const isKnown = migrations.some((migration) => migration.name === name)
    if (isKnown && !changed.includes(name)) continue
    const what = isKnown ? 'has with other content' : 'does not know'
    const message = `The snapshot holds the work of migration "${name}", which ${installed} ${what}`
    const made =
      staged.version === null ? 'the release that the snapshot was made with' : `version "${staged.version}"`
    throw new PlugbayError('STATE_CONFLICT', message, {
      problems: [
        { code: 'STATE_CONFLICT', message, hint: `Install ${made}, or a later one, and import again` },
      ],
    })
  }
}
