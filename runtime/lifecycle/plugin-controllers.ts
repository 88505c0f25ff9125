// The plugins of this runtime, by id: one PluginController for each.
// Invariant: a controller stays as long as its plugin is installed, or somebody waits to change it.

import { setTimeout } from 'node:timers/promises'
import type { InstallationRecord } from '../../plugin-store/records.ts'
import { PlugbayError } from '../errors.ts'
import { SYSTEM_ACTOR } from '../guest-calls/lifecycle.ts'
import { type ControllerServices, PluginController } from './plugin-controller.ts'
import type { RuntimeEvents } from './runtime-events.ts'

/** How long the start of the runtime waits for a plugin. A handler or a migration that takes longer holds up its own plugin only. */
const BOOT_WAIT_MS = 10_000

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

  /** Makes what serves equal to a record that was just read; backends that have been told of their start run at their first request. */
  async boot(record: InstallationRecord): Promise<void> {
    const controller = this.#of(record.id)
    const started = controller.inTurn(() =>
      controller.reconcile(record, { verify: false, actor: SYSTEM_ACTOR }),
    )
    if (await endsWithin(started, BOOT_WAIT_MS)) return
    controller.expectStart()
    started.catch((error: unknown) =>
      this.#services.log.error({ plugin: record.id, error: String(error) }, 'a plugin could not be started'),
    )
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
          if (record === undefined && !isBusy) this.#controllers.delete(id)
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

/** Resolves with whether the job has ended by then; rejects when it has failed. */
async function endsWithin(job: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  try {
    return await Promise.race([job.then(() => true), setTimeout(ms, false, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}
