// Migrates the database of a plugin for a release, before the release goes live.
// Invariant: a release whose migrations fail never serves; the database is then unchanged.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import { MIGRATIONS_FOLDER } from '../../../sdk/manifest/layout.ts'
import type { MigrationOutcome } from '../../data/data-processes.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import { readMigrations } from '../../package/migration-files.ts'
import type { LifecycleServices } from '../services.ts'

export interface PendingMigrations {
  /** Rejects with MIGRATION_FAILED and a problem that names the file; then nothing has changed. */
  run(): Promise<void>
}

/**
 * The migrations that the database of the plugin lacks; undefined without any, and without the grant. Rejects with
 * MIGRATION_FAILED when one was applied with other content.
 */
export async function pendingMigrations(
  installation: Pick<InstallationRecord, 'id' | 'grants'>,
  release: ReleaseRecord,
  { store, data, config }: Pick<LifecycleServices, 'store' | 'data' | 'config'>,
): Promise<PendingMigrations | undefined> {
  const { id, grants } = installation
  if (grants.database !== true) return undefined
  const migrations = await readMigrations(store.paths.artifact(release.sha256))
  if (migrations.length === 0) return undefined
  const state = await data.migrationState(id, migrations)
  const [changed] = state.changed
  if (changed !== undefined) throw failed(changedProblem(changed))
  if (state.missing.length === 0) return undefined
  return { run: () => runMigrations(() => data.migrate(id, migrations, config.limits.databaseBytes)) }
}

/** Rejects with MIGRATION_FAILED and a problem that names the file. */
export async function runMigrations(run: () => Promise<MigrationOutcome>): Promise<void> {
  const outcome = await run().catch((error: unknown) => {
    const message = `The migrations could not be run: ${error instanceof Error ? error.message : String(error)}`
    throw failed({ code: 'MIGRATION_FAILED', message }, error)
  })
  if (!outcome.ok) throw failed(outcomeProblem(outcome))
}

function outcomeProblem({ name, line, message }: MigrationOutcome & { readonly ok: false }): Problem {
  return {
    code: 'MIGRATION_FAILED',
    message: `The migration "${name}" failed: ${message}`,
    hint: 'Correct the file; nothing of it was kept',
    file: MIGRATIONS_FOLDER + name,
    ...(line !== null && { line, column: 1 }),
  }
}

function changedProblem(name: string): Problem {
  return {
    code: 'MIGRATION_FAILED',
    message: `The migration "${name}" was applied with other content than it has now`,
    hint: 'Restore the file and put what is new into another one. While you develop, you may delete the data of the plugin',
    file: MIGRATIONS_FOLDER + name,
  }
}

function failed(problem: Problem, cause?: unknown): PlugbayError {
  return new PlugbayError('MIGRATION_FAILED', problem.message, { problems: [problem], cause })
}
