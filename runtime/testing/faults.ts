// What goes wrong on purpose: the next host calls of a name fail with an error of the runtime, or are never answered.

import type { HostCallName } from '../../sdk/protocol/host-calls.ts'
import { type ErrorCode, PlugbayError } from '../errors.ts'
import type { Handlers } from '../host-calls/host-calls.ts'

export interface Fault {
  /** The code of the error that the plugin gets, such as "QUOTA_EXCEEDED"; "never" leaves the call without an answer. */
  readonly with: ErrorCode | 'never'
  /** How many calls; 1 by default. */
  readonly times?: number
}

interface Planned {
  readonly fault: Fault
  left: number
}

type AnyHandler = (...given: unknown[]) => Promise<unknown>

export class Faults {
  /** Calls that are left without an answer. */
  readonly #hanging = new Set<(error: Error) => void>()
  readonly #planned = new Map<string, Planned>()

  /** The next calls of the name fail: "kv.put", "db.query", "net.fetch", … */
  plan(name: HostCallName, fault: Fault): void {
    this.#planned.set(name, { fault, left: fault.times ?? 1 })
  }

  around(handlers: Handlers): Handlers {
    const wrapped = Object.entries(handlers).map(([name, handler]) => {
      const faulty: AnyHandler = async (...given) => {
        const fault = this.#take(name)
        if (fault === 'never') return await new Promise((_, reject) => this.#hanging.add(reject))
        if (fault !== undefined) throw new PlugbayError(fault)
        return await (handler as AnyHandler)(...given)
      }
      return [name, faulty]
    })
    return Object.fromEntries(wrapped) as unknown as Handlers
  }

  /** Ends calls that were left without an answer: whatever stops a backend waits for them. */
  release(): void {
    for (const reject of this.#hanging) reject(new PlugbayError('CANCELLED'))
    this.#hanging.clear()
  }

  #take(name: string): Fault['with'] | undefined {
    const planned = this.#planned.get(name)
    if (planned === undefined) return undefined
    planned.left--
    if (planned.left <= 0) this.#planned.delete(name)
    return planned.fault.with
  }
}
