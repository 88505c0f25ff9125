// The host calls of plugins that have not been answered: while there are some, time must not pass in a test.

import type { Handlers } from '../host-calls/host-calls.ts'

type AnyHandler = (...given: unknown[]) => Promise<unknown>

/** Of the machine: what takes longer is left to itself, such as an upload that the test goes on with. */
const WAIT_MS = 1000

export class OpenCalls {
  readonly #open = new Set<Promise<unknown>>()
  /** That time may pass without. */
  readonly #long = new WeakSet<Promise<unknown>>()

  around(handlers: Handlers): Handlers {
    const wrapped = Object.entries(handlers).map(([name, handler]) => {
      const counted: AnyHandler = async (...given) => {
        const answered = (handler as AnyHandler)(...given)
        this.#open.add(answered)
        try {
          return await answered
        } finally {
          this.#open.delete(answered)
        }
      }
      return [name, counted]
    })
    return Object.fromEntries(wrapped) as unknown as Handlers
  }

  /** Resolves with whether there were some; those that take too long count no more. */
  async answered(): Promise<boolean> {
    const waiting = [...this.#open].filter((call) => !this.#long.has(call))
    if (waiting.length === 0) return false
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        for (const call of waiting) if (this.#open.has(call)) this.#long.add(call)
        resolve()
      }, WAIT_MS)
    })
    await Promise.race([Promise.allSettled(waiting), late])
    clearTimeout(timer)
    return true
  }
}
