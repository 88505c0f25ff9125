// How many of something each principal has in progress: uploads, event streams.
// Invariant: one principal at its limit leaves all others alone.

import { type ErrorCode, PlugbayError } from '../../errors.ts'
import type { Principal } from '../../permissions/principal.ts'

export class PrincipalSlots {
  readonly #limit: number
  readonly #code: ErrorCode
  readonly #taken = new Map<string, number>()

  /** @param code of the refusal */
  constructor(limit: number, code: ErrorCode) {
    this.#limit = limit
    this.#code = code
  }

  /**
   * Takes a place; the function that is returned gives it back, once.
   * @throws PlugbayError with the code
   */
  take(principal: Principal | null): () => void {
    const key = keyOf(principal)
    const taken = this.#taken.get(key) ?? 0
    if (taken >= this.#limit) throw new PlugbayError(this.#code)
    this.#taken.set(key, taken + 1)
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      const left = (this.#taken.get(key) ?? 1) - 1
      if (left > 0) this.#taken.set(key, left)
      else this.#taken.delete(key)
    }
  }
}

/** A token and its browser sessions are one principal; names may be given twice. */
function keyOf(principal: Principal | null): string {
  if (principal === null) return ''
  return principal.basis?.credentials[0] ?? `${principal.kind}:${principal.name}`
}
