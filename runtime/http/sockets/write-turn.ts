// Messages of one turn of the event loop leave in one write for each visitor: a write costs more than all else that is done for a message.
// Invariant: what was held back has left when the turn is over.

import type { Writable } from 'node:stream'

/**
 * After this many messages they are written at once, so that visitors work on them meanwhile. More than the frames that leave the
 * sandbox process together: those are often for one visitor.
 */
const MESSAGES_AT_ONCE = 32

export class WriteTurn {
  #held: Writable[] = []
  #messages = 0
  #isScheduled = false
  readonly #end = () => {
    this.#isScheduled = false
    this.release()
  }

  /** Call before a message is written: it is held back, with others for the same connection. */
  hold(connection: Writable): void {
    if (this.#messages >= MESSAGES_AT_ONCE) this.release()
    this.#messages++
    if (connection.writableCorked > 0) return
    connection.cork()
    this.#held.push(connection)
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(this.#end)
  }

  /** Writes what is held back. */
  release(): void {
    const held = this.#held
    this.#held = []
    this.#messages = 0
    for (const connection of held) connection.uncork()
  }
}
