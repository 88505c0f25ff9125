// Delivers events to plugins: one plugin does not wait for another, and events with the same key arrive in order.
// Invariant: a plugin has at most MAX_WAITING events that it has not handled; what exceeds that is not delivered, and reported.

import type { ServingPlugin } from '../contributions/live-plugin.ts'
import type { CallDepths } from '../guest-calls/call-depths.ts'
import { SerialQueue } from '../serial-queue.ts'
import { type Delivery, type DeliveryOutcome, deliverOnce } from './deliver-once.ts'

const MAX_WAITING = 1000

export class Deliveries {
  readonly #depths: CallDepths
  readonly #serving: (id: string) => ServingPlugin | undefined
  /** By plugin. */
  readonly #waiting = new Map<string, number>()
  /** By plugin and key. */
  readonly #queues = new Map<string, SerialQueue>()

  constructor(depths: CallDepths, serving: (id: string) => ServingPlugin | undefined) {
    this.#depths = depths
    this.#serving = serving
  }

  /** Rejects only for a failure of our own. */
  async deliver(id: string, delivery: Delivery): Promise<DeliveryOutcome> {
    const waiting = this.#waiting.get(id) ?? 0
    if (waiting >= MAX_WAITING)
      return { code: 'QUOTA_EXCEEDED', message: `More than ${MAX_WAITING} events wait for the plugin` }
    this.#waiting.set(id, waiting + 1)
    try {
      return await this.#inOrder(id, delivery)
    } finally {
      const left = (this.#waiting.get(id) ?? 1) - 1
      if (left === 0) this.#waiting.delete(id)
      else this.#waiting.set(id, left)
    }
  }

  async #inOrder(id: string, delivery: Delivery): Promise<DeliveryOutcome> {
    const { key } = delivery.event
    if (key === null) return await this.#deliver(id, delivery)
    const name = `${id} ${key}`
    const queue = this.#queues.get(name) ?? new SerialQueue()
    this.#queues.set(name, queue)
    try {
      return await queue.run(() => this.#deliver(id, delivery))
    } finally {
      if (!queue.isBusy) this.#queues.delete(name)
    }
  }

  async #deliver(id: string, delivery: Delivery): Promise<DeliveryOutcome> {
    // What serves may have changed while the event waited.
    return await deliverOnce(this.#serving(id), delivery, this.#depths)
  }
}
