// The live state of one plugin: the serving release or the reason why there is none, for requests and for subscribers of
// events.
// Invariant: an event is emitted when state or version differ from the last event, and only then.

import type { InstallationRecord } from '../../plugin-store/records.ts'
import type { LivePlugin } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { Log } from '../log.ts'
import type { PreparedRelease } from './prepare/prepare-release.ts'
import type { Withheld } from './prepare/wanted-release.ts'
import type { RuntimeEvents } from './runtime-events.ts'
import { stateOf } from './state.ts'

export interface LiveSideParts {
  readonly id: string
  readonly live: LivePlugins
  readonly events: RuntimeEvents
  readonly log: Log
}

export class LiveSide {
  readonly #parts: LiveSideParts
  /** The record that was last applied; undefined while the plugin is not installed. */
  #record: InstallationRecord | undefined
  #release: PreparedRelease | undefined
  readonly #retiring = new Set<Promise<void>>()
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

  /** A record is about to be applied: events wait for that. */
  follow(record: InstallationRecord): void {
    this.#record = record
  }

  /** The record has changed without affecting what serves. */
  note(record: InstallationRecord): void {
    this.#record = record
    this.announce()
  }

  /** Makes a prepared release serve; the previous one is drained in the background. */
  swap(record: InstallationRecord, prepared: PreparedRelease): void {
    this.#record = record
    this.#replace(prepared, prepared.plugin)
  }

  /** Replaces the serving release by a reason. `record` is the current record, if it has changed. */
  withdraw({ reason, problem }: Withheld, record = this.#record): void {
    this.#record = record
    this.#replace(undefined, { kind: 'unavailable', id: this.#parts.id, reason, problem: problem ?? null })
  }

  /** Stops serving; resolves when everything of the plugin has stopped. */
  async stop(): Promise<void> {
    this.#parts.live.remove(this.#parts.id)
    this.#retire(this.#release)
    this.#release = undefined
    await this.drained()
  }

  /** The plugin was uninstalled; resolves when everything of it has stopped. */
  async remove(): Promise<void> {
    this.#record = undefined
    this.#announced = undefined
    await this.stop()
    this.#parts.events.emit('plugin.removed', { id: this.#parts.id })
  }

  /** Resolves when all earlier releases have stopped. */
  async drained(): Promise<void> {
    await Promise.all(this.#retiring)
  }

  /** Emits an event if the state differs from the last one. */
  announce(): void {
    if (this.#record === undefined) return
    const { id, events } = this.#parts
    const { activeVersion: version } = this.#record
    const state = stateOf(this.#record, this.plugin)
    const announced = `${state} ${version}`
    if (announced === this.#announced) return
    this.#announced = announced
    events.emit('plugin.state', { id, state, version })
  }

  #replace(release: PreparedRelease | undefined, plugin: LivePlugin): void {
    const before = this.#release
    this.#release = release
    this.#parts.live.swap(plugin)
    this.#retire(before)
    this.announce()
  }

  #retire(prepared: PreparedRelease | undefined): void {
    if (prepared === undefined) return
    const { id, log } = this.#parts
    const done = prepared
      .retire()
      .catch((error: unknown) =>
        log.error({ plugin: id, error: String(error) }, 'a release could not be retired'),
      )
      .finally(() => this.#retiring.delete(done))
    this.#retiring.add(done)
  }
}
