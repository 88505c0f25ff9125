// The settings of the application, live: worked out again when settings.toml or an order changes, and when a plugin that changes defaults or
// appends to lists begins or ceases to serve.
// Invariant: values are valid; while a new one is not, the last good one stays, with a problem.

import type { Actor, Store } from '../../plugin-store/store.ts'
import type { Settings } from '../../sdk/api/settings.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { HostSettingValues } from '../../sdk/host/static-types.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { Log } from '../log.ts'
import { checkedChanges } from '../settings/checked-changes.ts'
import { type AppendedItems, type HostValues, hostForm, hostValues } from '../settings/host-values.ts'
import type { SettingsFile } from '../settings/settings-file.ts'
import { type StoredHostSettings, usableValues } from '../settings/stored-host-settings.ts'
import type { Contributors } from './contributors.ts'
import type { ServingPlugin } from './live-plugin.ts'
import type { LivePlugins } from './live-plugins.ts'
import type { Orders } from './orders.ts'
import { changesSettings, wantedDefaults } from './setting-defaults.ts'

export interface HostSettingsParts {
  readonly host: HostDeclaration
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly settingsFile: SettingsFile
  readonly live: Pick<LivePlugins, 'subscribe'>
  readonly contributors: Contributors
  readonly orders: Pick<Orders, 'subscribe'>
  readonly store: Pick<Store, 'settings'>
  readonly log: Pick<Log, 'error' | 'warn'>
}

/** What the application has of its settings, typed by its declaration. */
export interface HostSettings<Host extends HostDeclaration = HostDeclaration> {
  /** Effective values, secrets too. Frozen; another object after a change. */
  readonly values: HostSettingValues<Host>
  /** Every setting with its source; secrets without their value. */
  readonly views: Settings
  /** Values that are not valid, names that mean nothing, and conflicts between plugins. */
  readonly problems: readonly Problem[]
  /** Stores values as the administrator does; null removes one. Rejects with SETTINGS_INVALID, SECRETS_KEY_UNUSABLE. */
  change(values: Readonly<Record<string, unknown>>, actor: string): Promise<void>
  /** Calls `listener` after every change of values. Returns the function that unsubscribes. */
  subscribe(
    listener: (change: {
      readonly keys: readonly (keyof HostSettingValues<Host> & string)[]
      readonly values: HostSettingValues<Host>
    }) => void,
  ): () => void
}

export interface HostSettingsChange {
  /** The settings that differ. */
  readonly keys: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
}

export class LiveHostSettings {
  readonly #parts: HostSettingsParts
  readonly #listeners = new Set<(change: HostSettingsChange) => void>()
  readonly #stops: readonly (() => void)[]
  #stored: StoredHostSettings
  #now: HostValues

  /** Rejects with SETTINGS_INVALID when a variable or the file has an invalid value. */
  static async open(parts: HostSettingsParts): Promise<LiveHostSettings> {
    const { host, store } = parts
    const rows = host.settings === undefined ? [] : await store.settings.ofHost(host.id)
    return new LiveHostSettings(parts, usableValues(rows, hostForm(host)))
  }

  private constructor(parts: HostSettingsParts, stored: StoredHostSettings) {
    this.#parts = parts
    this.#stored = stored
    this.#now = frozen(this.#read())
    const { problems } = this.#now
    const [first] = problems
    if (first !== undefined) throw new PlugbayError(first.code, first.message, { problems })
    if (parts.host.settings === undefined) this.#stops = []
    else {
      this.#stops = [
        parts.live.subscribe(({ added, removed }) => {
          if ([...added, ...removed].some(({ manifest }) => changesSettings(manifest, parts.host.id)))
            this.#update()
        }),
        parts.orders.subscribe((points) => {
          if (points.some(({ kind, name }) => kind === 'settings' && name === parts.host.id)) this.#update()
        }),
        parts.settingsFile.subscribe((ids) => {
          if (ids === 'all' || ids.includes(parts.host.id)) this.#update()
        }),
      ]
    }
  }

  /** Effective values, secrets too. Frozen; another object after a change. */
  get values(): Readonly<Record<string, unknown>> {
    return this.#now.values
  }

  /** Every setting with its source; secrets without their value. */
  get views(): Settings {
    return this.#now.views
  }

  /** Values that are not valid, names that mean nothing, and conflicts between plugins. */
  get problems(): readonly Problem[] {
    return [...this.#now.problems, ...this.#now.warnings, ...this.#stored.warnings]
  }

  /** Those that the plugin causes. */
  problemsOf(pluginId: string): readonly Problem[] {
    return this.#now.contributed.flatMap(({ by, problem }) => (by.includes(pluginId) ? [problem] : []))
  }

  /** Stores values of the administrator; null removes one. Rejects with SETTINGS_INVALID, SECRETS_KEY_UNUSABLE. */
  async change(values: Readonly<Record<string, unknown>>, actor: Actor): Promise<void> {
    const { host, store } = this.#parts
    const form = hostForm(host)
    const stored = checkedChanges(values, form)
    const properties = Object.entries(form.properties ?? {})
    const secrets = new Set(properties.flatMap(([key, { format }]) => (format === 'secret' ? [key] : [])))
    const audit = { actor, action: 'settings.set', detail: { keys: Object.keys(values) } }
    await store.settings.setOfHost(host.id, { values: stored, secrets }, audit)
    this.#stored = usableValues(await store.settings.ofHost(host.id), form)
    this.#update()
  }

  /** Calls `listener` after every change of values. Returns the function that unsubscribes. */
  subscribe(listener: (change: HostSettingsChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    for (const stop of this.#stops) stop()
    this.#listeners.clear()
  }

  #read(): HostValues {
    const { host, environment, settingsFile, contributors } = this.#parts
    if (host.settings === undefined)
      return { values: {}, views: {}, problems: [], warnings: [], contributed: [] }
    const plugins = contributors.of('settings', host.id).map(({ plugin }) => plugin)
    return hostValues({
      host,
      environment,
      file: settingsFile.section(host.id),
      fileUnknown: settingsFile.unknown,
      stored: this.#stored.values,
      defaults: wantedDefaults(host.id, plugins),
      appends: wantedItems(host.id, plugins),
    })
  }

  #update(): void {
    const before = this.#now
    const next = this.#read()
    const wrong = new Set(next.problems.map(({ pointer }) => pointer?.slice(1)))
    const values = { ...next.values }
    const views = { ...next.views }
    for (const key of Object.keys(views)) {
      const view = before.views[key]
      if (!wrong.has(key) || view === undefined) continue
      views[key] = view
      if (Object.hasOwn(before.values, key)) values[key] = before.values[key]
    }
    this.#now = frozen({ ...next, values, views })
    const { log } = this.#parts
    for (const { message } of next.problems)
      if (!before.problems.some((known) => known.message === message))
        log.warn(`${message}; the last good value stays`)
    const keys = Object.keys({ ...before.values, ...values }).filter(
      (key) => JSON.stringify(before.values[key]) !== JSON.stringify(values[key]),
    )
    if (keys.length > 0) this.#tell({ keys, values: this.#now.values })
  }

  #tell(change: HostSettingsChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#parts.log.error({ error: String(error) }, 'the application failed to follow its settings')
      }
    }
  }
}

function wantedItems(
  hostId: string,
  plugins: readonly Pick<ServingPlugin, 'id' | 'manifest'>[],
): ReadonlyMap<string, readonly AppendedItems[]> {
  const wanted = new Map<string, AppendedItems[]>()
  for (const { id, manifest } of plugins) {
    const all = manifest.settingAppends ?? {}
    if (!Object.hasOwn(all, hostId)) continue
    for (const [key, items] of Object.entries(all[hostId] ?? {}))
      wanted.set(key, [...(wanted.get(key) ?? []), { by: id, items }])
  }
  return wanted
}

function frozen(values: HostValues): HostValues {
  return { ...values, values: deepFreeze({ ...values.values }) }
}

/** Values of manifests are copied, because the application gets them. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  const copy: unknown = Array.isArray(value)
    ? value.map(deepFreeze)
    : Object.fromEntries(Object.entries(value).map(([key, member]) => [key, deepFreeze(member)]))
  return Object.freeze(copy) as T
}
