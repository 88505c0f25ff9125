// The live state of one plugin: the serving release or the reason why there is none, for requests and for subscribers of
// events.
// Invariant: an event is emitted when state or version differ from the last event, and only then; a record that is followed counts
// for every release that still runs, from that moment on.

import { isDeepStrictEqual } from 'node:util'
import type { InstallationRecord } from '../../plugin-store/records.ts'
import type { LivePlugin } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { Log } from '../log.ts'
import { Authority } from '../permissions/authority.ts'
import type { Retirement } from '../sandbox/types.ts'
import type { PreparedRelease } from './prepare/prepare-release.ts'
import type { Retired } from './prepare/retire-release.ts'
import type { Withheld } from './prepare/wanted-release.ts'
import type { RuntimeEvents } from './runtime-events.ts'
import { stateOf } from './state.ts'

export interface LiveSideParts {
  readonly id: string
  readonly live: LivePlugins
  readonly events: RuntimeEvents
  readonly log: Log
  /** Whether the plugin is to run. */
  readonly isWanted: (record: InstallationRecord) => boolean
}

export class LiveSide {
  readonly #parts: LiveSideParts
  /** The record that was last applied; undefined while the plugin is not installed. */
  #record: InstallationRecord | undefined
  #release: PreparedRelease | undefined
  /** What the plugin may do, whichever of its releases runs. */
  readonly authority = new Authority()
  /** Until nothing of them is left. */
  readonly #retiring = new Map<PreparedRelease, Promise<void>>()
  /** The content of the last event. */
  #announced: string | undefined

  constructor(parts: LiveSideParts) {
    this.#parts = parts
  }

  get record(): InstallationRecord | undefined {
    return this.#record
  }

  /** The live plugin for requests. */
  get plugin(): LivePlugin | undefined {
    return this.#parts.live.get(this.#parts.id)
  }

  /** The serving release. */
  get release(): PreparedRelease | undefined {
    return this.#release
  }

  /** A record is about to be applied: events wait for that, grants do not. */
  follow(record: InstallationRecord): void {
    const before = this.#record?.grants
    this.#record = record
    // While data is upgraded, the old record is followed again: that must not bind the release that is tried, which may be granted more.
    if (!isDeepStrictEqual(before, record.grants)) this.authority.change(record.grants)
  }

  /** The record has changed without affecting what serves. */
  note(record: InstallationRecord): void {
    this.follow(record)
    this.announce()
  }

  /** Makes a prepared release serve. Resolves when the previous one, which drains, can change nothing any more. */
  async swap(record: InstallationRecord, prepared: PreparedRelease): Promise<void> {
    this.follow(record)
    await this.#replace(prepared, prepared.plugin)?.settled
  }

  /**
   * Replaces the serving release by a reason. `record` is the current record, if it has changed. Resolves when nothing of the
   * plugin can do anything any more.
   */
  async withdraw({ reason, problem }: Withheld, record = this.#record): Promise<void> {
    if (record !== undefined) this.follow(record)
    const { id } = this.#parts
    this.#replace(undefined, { kind: 'unavailable', id, reason, problem: problem ?? null })
    await this.#stopAll()
  }

  /** The runtime is stopping. Resolves when nothing of the plugin is left. */
  async close(): Promise<void> {
    this.#leave('closing')
    await Promise.all(this.#retiring.values())
  }

  /** The plugin was uninstalled. Resolves when everything of it has stopped. */
  async remove(): Promise<void> {
    this.#record = undefined
    this.#announced = undefined
    this.authority.change({})
    this.#leave('withdrawn')
    await this.#stopAll()
    this.#parts.events.emit('plugin.removed', { id: this.#parts.id })
  }

  /** Emits an event if the state differs from the last one. */
  announce(): void {
    if (this.#record === undefined) return
    const { id, events, isWanted } = this.#parts
    const { activeVersion: version } = this.#record
    const state = stateOf({ ...this.#record, enabled: isWanted(this.#record) }, this.plugin)
    const announced = `${state} ${version}`
    if (announced === this.#announced) return
    this.#announced = announced
    events.emit('plugin.state', { id, state, version })
  }

  #replace(release: PreparedRelease | undefined, plugin: LivePlugin): Retired | undefined {
    const before = this.#release
    this.#release = release
    this.#parts.live.swap(plugin)
    const how = release === undefined ? 'withdrawn' : 'replaced'
    const retired = before && this.#retire(before, how, release)
    this.announce()
    return retired
  }

  #leave(how: Retirement): void {
    this.#parts.live.remove(this.#parts.id)
    if (this.#release !== undefined) this.#retire(this.#release, how)
    this.#release = undefined
  }

  /** Releases that were replaced earlier end with the one that is withdrawn. Resolves when none can change anything any more. */
  async #stopAll(): Promise<void> {
    const retired = [...this.#retiring.keys()].map((release) => this.#retire(release, 'withdrawn').settled)
    await Promise.all(retired)
  }

  #retire(release: PreparedRelease, how: Retirement, successor?: PreparedRelease): Retired {
    const { id, log } = this.#parts
    const retired = release.retire(how, successor)
    const done = retired.stopped
      .catch((error: unknown) =>
        log.error({ plugin: id, error: String(error) }, 'a release could not be retired'),
      )
      .finally(() => this.#retiring.delete(release))
    this.#retiring.set(release, done)
    return retired
  }
}
