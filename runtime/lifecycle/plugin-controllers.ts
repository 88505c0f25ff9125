// The plugins of this runtime, by id: one PluginController for each.
// Invariant: a controller exists as long as its plugin is installed or a change of it is waiting.

import { setTimeout } from 'node:timers/promises'
import type { InstallationRecord } from '../../plugin-store/records.ts'
import { PlugbayError } from '../errors.ts'
import { SYSTEM_ACTOR } from '../guest-calls/lifecycle.ts'
import { type ControllerServices, PluginController } from './plugin-controller.ts'
import type { RuntimeEvents } from './runtime-events.ts'

/** How long the start of the runtime waits for a plugin. A longer handler or migration delays only its own plugin. */
const BOOT_WAIT_MS = 10_000

/** The situation when a command gets its turn. */
export interface Turn<Record = InstallationRecord | undefined> {
  readonly controller: PluginController
  /** The stored record; undefined for a plugin that is not installed. */
  readonly record: Record
}

export class PluginControllers {
  readonly #services: ControllerServices
  readonly #events: RuntimeEvents
  readonly #controllers = new Map<string, PluginController>()

  constructor(services: ControllerServices, events: RuntimeEvents) {
    this.#services = services
    this.#events = events
  }

  /** Runs `job` while no other command changes the plugin. */
  turn<T>(id: string, job: (turn: Turn) => Promise<T>): Promise<T> {
    const controller = this.#of(id)
    return controller.inTurn(async () =>
      job({ controller, record: await this.#services.store.catalog.get(id) }),
    )
  }

  /** Runs `job` while no other command changes either plugin. Turns are taken in the order of ids, so that no two wait for each other. */
  turns<T>(ids: readonly [string, string], job: (one: Turn, other: Turn) => Promise<T>): Promise<T> {
    const [one, other] = ids
    return one < other
      ? this.turn(one, (first) => this.turn(other, (second) => job(first, second)))
      : this.turn(other, (first) => this.turn(one, (second) => job(second, first)))
  }

  /** Applies a freshly read record; backends whose start handlers have run start at their first request. */
  async boot(record: InstallationRecord): Promise<void> {
    const controller = this.#of(record.id)
    const started = controller.inTurn(() =>
      controller.reconcile(record, { verify: false, actor: SYSTEM_ACTOR }),
    )
    if (await endsInBootTime(started)) return
    controller.expectStart()
    started.catch((error: unknown) =>
      this.#services.log.error({ plugin: record.id, error: String(error) }, 'a plugin could not be started'),
    )
  }

  get all(): readonly PluginController[] {
    return [...this.#controllers.values()]
  }

  get(id: string): PluginController | undefined {
    return this.#controllers.get(id)
  }

  /** Throws PLUGIN_UNKNOWN. */
  installed(id: string): PluginController {
    const controller = this.#controllers.get(id)
    if (controller?.record === undefined) throw unknownPlugin(id)
    return controller
  }

  /** Drains and stops every plugin. */
  async close(): Promise<void> {
    await Promise.all([...this.#controllers.values()].map((controller) => controller.close()))
  }

  #of(id: string): PluginController {
    let controller = this.#controllers.get(id)
    if (controller === undefined) {
      controller = new PluginController({
        id,
        services: this.#services,
        events: this.#events,
        onTurnEnd: ({ record, isBusy }) => {
          if (record !== undefined || isBusy) return
          this.#controllers.delete(id)
          this.#services.meters.delete(id)
        },
      })
      this.#controllers.set(id, controller)
    }
    return controller
  }
}

export function unknownPlugin(id: string): PlugbayError {
  return new PlugbayError('PLUGIN_UNKNOWN', `There is no plugin "${id.slice(0, 64)}"`)
}

/** Resolves with whether the job ended while the start of the runtime waits for it; rejects when it failed. */
export async function endsInBootTime(job: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController()
  try {
    const late = setTimeout(BOOT_WAIT_MS, false, { signal: timer.signal })
    return await Promise.race([job.then(() => true), late])
  } finally {
    timer.abort()
  }
}
