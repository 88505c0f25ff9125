// One change of an installation, from the decision to what serves: the frame of every command (README.md).
// Invariant: a change is decided, tried, recorded with its audit row, then applied; a failure undoes what was tried.

import type { InstallationRecord, ReleaseRecord, SettingRecord } from '../../../plugin-store/records.ts'
import type { Actor, Audit, InstallationChange } from '../../../plugin-store/store.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import type { PluginController, Trial } from '../plugin-controller.ts'
import { type PluginControllers, type Turn, unknownPlugin } from '../plugin-controllers.ts'
import type { PreparedRelease } from '../prepare/prepare-release.ts'
import type { LifecycleServices } from '../services.ts'
import type { View } from '../views/installation-view.ts'

/** The input of a command's decision. */
export interface Situation extends Turn<InstallationRecord> {
  /** Newest first. */
  readonly releases: readonly ReleaseRecord[]
}

export interface Decision {
  /** The action in the audit log, for example "plugin.enable". */
  readonly action: string
  readonly detail?: Readonly<Record<string, unknown>>
  /** The change of the installation; without one the plugin is restarted. */
  readonly change?: InstallationChange
  /** Only values of settings change: the backend is called with them, if it has a handler, instead of restarted. */
  readonly isSettingsOnly?: true
  /** Another step that may fail, before anything is recorded. */
  readonly attempt?: () => Promise<void>
  /** The settings that another release is tried with; by default those in the store. */
  readonly settings?: readonly SettingRecord[]
  /** Writes something other than the change, or more, in one transaction with the audit row. */
  readonly remember?: (audit: Audit, change: InstallationChange) => Promise<InstallationRecord | null>
  /** Runs after that, while nothing of the plugin serves. */
  readonly whileStopped?: () => Promise<void>
}

export interface Command {
  /** Name of the principal. */
  readonly actor: Actor
  readonly decide: (situation: Situation) => Decision | Promise<Decision>
}

/** Rejects with PLUGIN_UNKNOWN, with what `decide` throws, and when another release becomes active and does not load. */
export type Change = (id: string, command: Command) => Promise<Installation>

export interface ChangeServices {
  readonly controllers: PluginControllers
  readonly store: LifecycleServices['store']
  readonly view: View
}

export function createChange({ controllers, store, view }: ChangeServices): Change {
  return (id, { actor, decide }) =>
    controllers.turn(id, async ({ controller, record: current }) => {
      if (current === undefined) throw unknownPlugin(id)
      const situation = { controller, record: current, releases: await store.catalog.releases(id) }
      const decision = await decide(situation)
      const { action, detail = {}, change = {}, whileStopped } = decision
      const audit = { actor, action, detail }
      await decision.attempt?.()
      const end = await notifyDisabled(controller, current, { change, actor })
      const prepared = await tryRelease(controller, toBeTried(situation, decision), actor)
      const record = await controller.attempt(prepared, async () => {
        const reached = { ...change, ...end.reached, ...dataAfter(current, prepared) }
        if (decision.remember === undefined) return await store.catalog.change(id, reached, audit)
        return (await decision.remember(audit, reached)) ?? current
      })
      const follow = (after = record) =>
        decision.isSettingsOnly === true
          ? controller.refreshSettings({ actor, verify: true })
          : followRecord(controller, { record: after, prepared, actor, problem: end.problem })
      if (whileStopped === undefined) await follow()
      else {
        await controller.suspend()
        await whileStopped().finally(async () => await follow(await store.catalog.get(id)))
      }
      return await view(controller.record ?? record)
    })
}

/** The version that the data is of when a release has been tried; none before `install` has succeeded. */
export function dataAfter(
  before: Pick<InstallationRecord, 'dataVersion'> | undefined,
  prepared: PreparedRelease | undefined,
): Pick<InstallationChange, 'dataVersion'> {
  const isUpgraded = prepared !== undefined && before !== undefined && before.dataVersion !== null
  return isUpgraded ? { dataVersion: prepared.plugin.version } : {}
}

/**
 * Loads a release beside the serving one and upgrades the data, before anything is recorded. Rejects as
 * PluginController.prepare() does; then the old release keeps serving. Undefined when there was nothing to try, and nothing serves.
 */
export async function tryRelease(
  controller: PluginController,
  trial: Trial | undefined,
  actor: Actor,
): Promise<PreparedRelease | undefined> {
  if (trial === undefined) return undefined
  try {
    return await controller.prepare(trial, actor)
  } catch (error) {
    // Where nothing serves, it may be recorded: it will serve once its settings are complete.
    if (lacksSettings(error) && controller.live?.kind !== 'serving') return undefined
    throw error
  }
}

/** Whether a release was not tried because its settings are not complete. */
export function lacksSettings(error: unknown): boolean {
  return error instanceof PlugbayError && error.code === 'SETTINGS_INVALID'
}

export interface Remembered {
  readonly record: InstallationRecord
  /** The release that was tried. */
  readonly prepared: PreparedRelease | undefined
  readonly actor: Actor
  /** The problem of the `disable` handler, to be shown for the disabled plugin. */
  readonly problem?: Problem | undefined
}

/** Makes what serves match the record. The controller's record differs when the backend refused to start. */
export async function followRecord(
  controller: PluginController,
  { record, prepared, actor, problem }: Remembered,
): Promise<void> {
  if (prepared === undefined) await controller.reconcile(record, { verify: true, actor, problem })
  else await controller.serve(record, prepared, actor)
}

export interface Disabled {
  /** To be recorded with the change. */
  readonly reached: Pick<InstallationChange, 'lifecycle'>
  readonly problem?: Problem | undefined
}

/** Calls the `disable` handler of a plugin that a change disables. Does nothing for other changes. */
export async function notifyDisabled(
  controller: PluginController,
  record: InstallationRecord,
  { change, actor }: { readonly change: InstallationChange; readonly actor: Actor },
): Promise<Disabled> {
  // A plugin that the configuration keeps running is not at its end, and one that it keeps off is not called.
  const isEnd = change.enabled === false && record.enabled && record.lifecycle === 'enabled'
  if (!isEnd || controller.forced !== null) return { reached: {} }
  const [problem] = await controller.callEndHandlers(record, ['disable'], actor)
  return { reached: { lifecycle: 'installed' }, problem }
}

/** Another release that becomes active is tried first, unless nothing serves, because then there is nothing to lose. */
function toBeTried(
  { controller, record, releases }: Situation,
  { change = {}, settings }: Decision,
): Trial | undefined {
  const wanted = { ...record, ...change }
  const isAnother = wanted.activeVersion !== record.activeVersion
  if (!isAnother || !controller.isWanted(wanted) || controller.live?.kind !== 'serving') return undefined
  const release = releases.find(({ version }) => version === wanted.activeVersion)
  return release && { record: wanted, release, ...(settings !== undefined && { settings }) }
}
