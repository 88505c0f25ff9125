// Limits concurrent outbound requests per plugin; the others wait.

import { PlugbayError } from '../errors.ts'

export interface Slots {
  /** Resolves to the function that releases the slot; rejects when the signal aborts, or when too many are waiting. */
  take(signal: AbortSignal): Promise<() => void>
  /** Slots in use, and requests waiting for one. */
  readonly size: number
}

export function createSlots(limits: { readonly max: number; readonly maxWaiting: number }): Slots {
  let taken = 0
  const waiting = new Set<() => void>()

  function releaser(): () => void {
    let held = true
    return () => {
      if (!held) return
      held = false
      const [next] = waiting
      if (next === undefined) taken--
      else next()
    }
  }

  return {
    get size() {
      return taken + waiting.size
    },
    async take(signal) {
      signal.throwIfAborted()
      if (taken < limits.max) {
        taken++
        return releaser()
      }
      if (waiting.size >= limits.maxWaiting) {
        throw new PlugbayError(
          'QUOTA_EXCEEDED',
          `More than ${limits.maxWaiting} requests wait for their turn`,
        )
      }
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const enter = () => {
        waiting.delete(enter)
        signal.removeEventListener('abort', leave)
        resolve(releaser())
      }
      const leave = () => {
        waiting.delete(enter)
        reject(signal.reason)
      }
      waiting.add(enter)
      signal.addEventListener('abort', leave, { once: true })
      return await promise
    },
  }
}
