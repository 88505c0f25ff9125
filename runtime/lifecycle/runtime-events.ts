// Runtime events for live pages: numbered, with the last ones kept so that a reader can resume.

import type { RuntimeEvent, RuntimeEventData, RuntimeEventName } from '../../sdk/api/events.ts'
import type { Unsubscribe } from './plugins.ts'

const REMEMBERED = 500

export class RuntimeEvents {
  readonly #events: RuntimeEvent[] = []
  readonly #followers = new Set<(event: RuntimeEvent) => void>()
  // Ids keep growing after a restart, so that a resuming reader does not skip events of the new run.
  #id = Date.now()

  emit<Name extends RuntimeEventName>(type: Name, data: RuntimeEventData<Name>): void {
    // The compiler does not see that the two belong together.
    const event = { id: ++this.#id, type, data } as RuntimeEvent
    this.#events.push(event)
    if (this.#events.length > REMEMBERED) this.#events.shift()
    for (const follower of this.#followers) follower(event)
  }

  follow(listener: (event: RuntimeEvent) => void, sinceId?: number): Unsubscribe {
    if (sinceId !== undefined) {
      for (const event of this.#events) if (event.id > sinceId) listener(event)
    }
    this.#followers.add(listener)
    return () => this.#followers.delete(listener)
  }
}
