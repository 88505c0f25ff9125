// Reports when an instance has been idle for a while.

import type { Instance } from '../instance/instance.ts'

export class IdleTimer {
  readonly #idleMs: number
  readonly #onIdle: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs
    this.#onIdle = onIdle
  }

  /** Watches this instance until it is idle or stop() is called. */
  watch(instance: Instance): void {
    this.stop()
    this.#timer = setTimeout(() => {
      const isIdle = !instance.busy && performance.now() - instance.lastActive >= this.#idleMs
      if (isIdle) this.#onIdle()
      else this.watch(instance)
    }, this.#idleMs)
    this.#timer.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
