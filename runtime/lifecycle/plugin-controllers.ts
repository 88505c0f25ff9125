// The plugins of this runtime, by id: one PluginController for each.
// Invariant: a controller stays as long as its plugin is installed, or somebody waits to change it.

import type { InstallationRecord } from '../../plugin-store/records.ts'
import { PlugbayError } from '../errors.ts'
import { type ControllerServices, PluginController } from './plugin-controller.ts'
import type { RuntimeEvents } from './runtime-events.ts'

/** What a command meets when it is its turn. */
export interface Turn<Record = InstallationRecord | undefined> {
  readonly controller: PluginController
  /** As it is in the store now; undefined for a plugin that is not installed. */
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

  /** Runs `job` when no other command changes the plugin. */
  turn<T>(id: string, job: (turn: Turn) => Promise<T>): Promise<T> {
    const controller = this.#of(id)
    return controller.inTurn(async () =>
      job({ controller, record: await this.#services.store.catalog.get(id) }),
    )
  }

  /** Makes what serves equal to a record that was just read; backends start at their first request. */
  async boot(record: InstallationRecord): Promise<void> {
    const controller = this.#of(record.id)
    await controller.inTurn(() => controller.reconcile(record, { verify: false }))
  }

  get(id: string): PluginController | undefined {
    return this.#controllers.get(id)
  }

  /** Throws PLUGIN_UNKNOWN. */
  installed(id: string): PluginController {
    const controller = this.#controllers.get(id)
    if (controller?.isInstalled !== true) throw unknownPlugin(id)
    return controller
  }

  /** Drains and stops every plugin. */
  async close(): Promise<void> {
    const controllers = [...this.#controllers.values()]
    await Promise.all(controllers.map((controller) => controller.inTurn(() => controller.stop())))
  }

  #of(id: string): PluginController {
    let controller = this.#controllers.get(id)
    if (controller === undefined) {
      controller = new PluginController({
        id,
        services: this.#services,
        events: this.#events,
        onTurnEnd: ({ isInstalled, isBusy }) => {
          if (!isInstalled && !isBusy) this.#controllers.delete(id)
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
