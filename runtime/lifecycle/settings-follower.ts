// Brings changes of settings to the plugins that they concern: when settings.toml or an order changes, when a plugin that changes the
// defaults of others begins or ceases to serve, and when one comes or goes whose variables they may share.
// Invariant: a plugin whose values are as before is left alone; no plugin waits here for another one.

import type { ServingPlugin } from '../contributions/live-plugin.ts'
import type { LiveChange, LivePlugins } from '../contributions/live-plugins.ts'
import type { Orders } from '../contributions/orders.ts'
import { SYSTEM_ACTOR } from '../guest-calls/lifecycle.ts'
import type { Log } from '../log.ts'
import type { SettingsFile } from '../settings/settings-file.ts'
import { mayClash } from '../settings/variables.ts'
import type { PluginController } from './plugin-controller.ts'
import type { PluginControllers } from './plugin-controllers.ts'

export interface FollowerParts {
  readonly controllers: Pick<PluginControllers, 'all' | 'get'>
  readonly live: Pick<LivePlugins, 'subscribe'>
  readonly orders: Pick<Orders, 'subscribe'>
  readonly settingsFile: Pick<SettingsFile, 'subscribe'>
  readonly log: Pick<Log, 'error'>
  /** Called when a plugin has what has changed: a release that waits may have what it lacked. */
  readonly onRefreshed: (id: string) => Promise<void>
}

export class SettingsFollower {
  readonly #parts: FollowerParts
  readonly #stops: readonly (() => void)[]
  /** Refreshes that wait or run, with the plugin that caused them; null for the file and for an order. */
  readonly #pending = new Map<Promise<void>, string | null>()

  constructor(parts: FollowerParts) {
    this.#parts = parts
    const { controllers, live, orders, settingsFile } = parts
    this.#stops = [
      live.subscribe((change) => {
        for (const { cause, target } of changedTargets(change)) this.#refresh(target, cause)
      }),
      orders.subscribe((points) => {
        for (const { kind, name } of points) if (kind === 'settings') this.#refresh(name, null)
      }),
      settingsFile.subscribe((ids) => {
        const concerned = ids === 'all' ? controllers.all.map(({ id }) => id) : ids
        for (const id of concerned) this.#refresh(id, null)
      }),
    ]
  }

  /** The settings that a plugin declares may be others than before, or gone: a variable may now be of another plugin. */
  declared(id: string): void {
    for (const other of this.#parts.controllers.all)
      if (other.id !== id && mayClash(other.id, id)) this.#refresh(other.id, id)
  }

  /** Resolves when the other plugins have got what `cause` has changed for them; without a cause, when all have. */
  async settled(cause?: string): Promise<void> {
    for (;;) {
      const waiting = [...this.#pending].filter(([, each]) => cause === undefined || each === cause)
      if (waiting.length === 0) return
      await Promise.all(waiting.map(([job]) => job))
    }
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #refresh(id: string, cause: string | null): void {
    const controller = this.#parts.controllers.get(id)
    if (controller === undefined) return
    const job = refresh(controller)
      .then(() => this.#parts.onRefreshed(id))
      .catch((error: unknown) =>
        this.#parts.log.error({ plugin: id, error: String(error) }, 'settings could not be applied'),
      )
      .finally(() => this.#pending.delete(job))
    this.#pending.set(job, cause)
  }
}

async function refresh(controller: PluginController): Promise<void> {
  await controller.inTurn(() => controller.refreshSettings({ actor: SYSTEM_ACTOR, verify: false }))
}

/** Plugins whose defaults a plugin has changed, or changes no more. */
function changedTargets({ added, removed }: LiveChange): readonly { cause: string; target: string }[] {
  const causes = new Set([...added, ...removed].map(({ id }) => id))
  return [...causes].flatMap((cause) => {
    const before = defaultsOf(removed, cause)
    const after = defaultsOf(added, cause)
    const targets = new Set([...Object.keys(before), ...Object.keys(after)])
    targets.delete(cause)
    return [...targets]
      .filter((target) => JSON.stringify(before[target]) !== JSON.stringify(after[target]))
      .map((target) => ({ cause, target }))
  })
}

function defaultsOf(plugins: readonly ServingPlugin[], id: string) {
  return plugins.find((plugin) => plugin.id === id)?.manifest.settingDefaults ?? {}
}
