// The data of a plugin as a whole: given out as a snapshot, and replaced by one.
// Invariant: everything that can refuse a snapshot is asked before the plugin stops; it then meets the old data or the new.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Received } from '../../data/snapshots/snapshots.ts'
import { PlugbayError } from '../../errors.ts'
import { type MigrationFile, readMigrations } from '../../package/migration-files.ts'
import type { PluginControllers } from '../plugin-controllers.ts'
import type { DataExport, DataImport, DataImportOptions } from '../plugins.ts'
import { runMigrations } from '../prepare/migrations.ts'

/** Of an installed plugin, or of data that was kept. Rejects with PLUGIN_UNKNOWN, STORE_FULL, HOST_CALL_FAILED. */
export async function exportData(
  registry: PluginControllers,
  id: string,
  actor: string,
): Promise<DataExport> {
  const { data, store } = registry.services
  const record = await store.catalog.get(id)
  // Without data there is nothing to give out, but for a plugin that is there: its snapshot is empty.
  if (record === undefined && !(await data.transfers.hasData(id))) await registry.record(id)
  const snapshot = await data.transfers.snapshot(id, record?.activeVersion ?? null)
  const { bytes, createdAt } = snapshot
  try {
    await store.audit.append(id, { actor, action: 'data.export', detail: { bytes, createdAt } })
    return snapshot
  } catch (error) {
    await snapshot.close()
    throw error
  }
}

/**
 * Replaces what the plugin has stored, and starts it anew.
 * Rejects with PLUGIN_UNKNOWN, SNAPSHOT_INVALID, BODY_TOO_LARGE, MIGRATION_FAILED, STATE_CONFLICT for a snapshot of another
 * plugin or of a later release, STORE_FULL, and as the source does. Nothing has changed then.
 */
export async function importData(
  registry: PluginControllers,
  id: string,
  { source, anyPlugin, actor }: DataImportOptions,
): Promise<DataImport> {
  const { config, data, store } = registry.services
  await registry.record(id)
  const { kvBytes, databaseBytes } = config.limits
  const rules = { kvBytes, databaseBytes, from: anyPlugin ? null : id }
  const received = await data.transfers.receive(id, source, rules)
  const plugin = registry.plugin(id)
  try {
    return await plugin.exclusive(async () => {
      const record = await registry.record(id)
      await migrateReceived(registry, record, received)
      const facts = {
        plugin: received.plugin,
        version: received.version,
        createdAt: received.createdAt,
        kvBytes: received.kvBytes,
        databaseBytes: received.databaseBytes,
      }
      // Written before it happens: an import may fail behind its row, but there is none without a row.
      await store.audit.append(id, { actor, action: 'data.import', detail: facts })
      await plugin.suspend()
      try {
        await received.commit()
      } finally {
        await plugin.reconcile(record, { verify: true, actor })
      }
      return { ...facts, installation: await registry.view(await registry.record(id)) }
    })
  } finally {
    await received.close()
    await registry.forgetIfUnknown(plugin)
  }
}

/** The database of the snapshot becomes what the installed release needs; one of a later release is refused. */
async function migrateReceived(
  { services }: PluginControllers,
  record: InstallationRecord,
  received: Received,
): Promise<void> {
  const { store, config } = services
  const version = record.activeVersion ?? record.candidateVersion
  const release = version === null ? undefined : await store.catalog.release(record.id, version)
  const migrations = release === undefined ? [] : await readMigrations(store.paths.artifact(release.sha256))
  requireKnown(received, { migrations, release })
  // As when a release goes live: without the grant there is no database to bring up to date.
  if (record.grants.database !== true) return
  if (migrations.every(({ name }) => received.migrations.some((run) => run.name === name))) return
  await runMigrations(() => received.migrate(migrations, config.limits.databaseBytes))
}

interface Installed {
  readonly migrations: readonly MigrationFile[]
  readonly release: ReleaseRecord | undefined
}

function requireKnown(received: Received, { migrations, release }: Installed): void {
  const installed = release === undefined ? 'no release' : `release "${release.version}"`
  const checksums = new Map(migrations.map(({ name, checksum }) => [name, checksum]))
  for (const { name, checksum } of received.migrations) {
    const known = checksums.get(name)
    if (known === checksum) continue
    const what = known === undefined ? 'does not know' : 'has with other content'
    const message = `The snapshot holds the work of migration "${name}", which ${installed} ${what}`
    const made =
      received.version === null
        ? 'the release that the snapshot was made with'
        : `version "${received.version}"`
    throw new PlugbayError('STATE_CONFLICT', message, {
      problems: [
        { code: 'STATE_CONFLICT', message, hint: `Install ${made}, or a later one, and import again` },
      ],
    })
  }
}
