// Brings the data of a plugin to a release: its migrations, then the upgrade steps for the version that the data is of.
// Invariant: when older data may change, nothing of the plugin serves, and a checkpoint exists from before the first change
// until the upgrade has been recorded (keep) or undone; recover-upgrades.ts settles those that a crash has left behind.

import semver from 'semver'
import type { InstallationRecord } from '../../../plugin-store/records.ts'
import type { GuestExports } from '../../../sdk/protocol/guest-calls.ts'
import { type UpgradeRange, upgradeRanges } from '../../../sdk/protocol/upgrade-steps.ts'
import type { CheckpointName } from '../../data/snapshots/checkpoints.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import type { LifecycleCaller } from '../../guest-calls/lifecycle.ts'
import type { LifecycleServices } from '../services.ts'
import type { PendingMigrations } from './migrations.ts'

export interface ReleaseData {
  /** Rejects with MIGRATION_FAILED, UPGRADE_FAILED, CANCELLED, STORE_FULL or HOST_CALL_FAILED: then call undo(). */
  bring(options: BringOptions): Promise<void>
  /** The release has been recorded: what was kept of the data before is not needed any more. Never rejects. */
  keep(): Promise<void>
  /**
   * Puts the data back as it was. Call it when nothing of the release runs any more. Rejects with UPGRADE_FAILED when it
   * cannot be put back: nothing may serve then, and the next start of the runtime tries again.
   */
  undo(): Promise<void>
}

export interface BringOptions {
  readonly caller: LifecycleCaller
  /** Called before anything changes: resolves when nothing of the plugin can change its data. */
  readonly stopServing: () => Promise<void>
}

export interface ReleaseDataParts {
  readonly installation: Pick<InstallationRecord, 'id' | 'dataVersion'>
  /** Version of the release. */
  readonly version: string
  /** Migrations that the database lacks; undefined when there are none. */
  readonly pendingMigrations: () => Promise<PendingMigrations | undefined>
  /** Loads the backend; empty without one. */
  readonly exports: () => Promise<GuestExports>
  /** Resolves with the problem of a step that failed. */
  readonly callStep: (step: UpgradeRange, caller: LifecycleCaller) => Promise<Problem | undefined>
  readonly services: Pick<LifecycleServices, 'data' | 'log'>
}

export function createReleaseData(parts: ReleaseDataParts): ReleaseData {
  const { installation, version, services } = parts
  const { id: pluginId, dataVersion } = installation
  const { checkpoints } = services.data.snapshots
  let checkpoint: CheckpointName | undefined

  const keepBefore = async (from: string): Promise<void> => {
    const name = { pluginId, version: from }
    await checkpoints.make(name)
    checkpoint = name
  }

  return {
    async bring({ caller, stopServing }) {
      const migrations = await parts.pendingMigrations()
      if (dataVersion === null || dataVersion === version) return await migrations?.run()
      const steps = isOlder(dataVersion, version) ? stepsFrom(dataVersion, await parts.exports()) : []
      if (migrations === undefined && steps.length === 0) return
      await stopServing()
      await keepBefore(dataVersion)
      await migrations?.run()
      for (const step of steps) {
        const problem = await parts.callStep(step, caller)
        if (problem === undefined) continue
        throw new PlugbayError(problem.code, problem.message, { problems: [problem] })
      }
    },

    async keep() {
      const name = checkpoint
      checkpoint = undefined
      if (name === undefined) return
      await checkpoints
        .discard(name)
        .catch((error: unknown) =>
          services.log.warn({ plugin: pluginId, error: String(error) }, 'a checkpoint could not be removed'),
        )
    },

    async undo() {
      const name = checkpoint
      if (name === undefined) return
      try {
        await checkpoints.restore(name)
        checkpoint = undefined
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        const message = `The data could not be put back as it was before the upgrade: ${reason}`
        const hint = 'Restart the server, which tries it again; nothing of the plugin runs until then'
        throw new PlugbayError('UPGRADE_FAILED', message, {
          problems: [{ code: 'UPGRADE_FAILED', message, hint }],
          cause: error,
        })
      }
    },
  }
}

/** The steps for data of a version, in the order of the backend. */
export function stepsFrom(dataVersion: string, exports: GuestExports): readonly UpgradeRange[] {
  return upgradeRanges(exports).filter(({ from }) =>
    semver.satisfies(dataVersion, from, { includePrerelease: true }),
  )
}

/** Builds of one version (semver, 10) are the same version. */
export function isOlder(version: string, than: string): boolean {
  return semver.valid(version) !== null && semver.valid(than) !== null && semver.lt(version, than)
}
