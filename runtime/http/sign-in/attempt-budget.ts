// How many wrong passwords are listened to. Strangers have a budget per network and account, one per address and one per network;
// a browser in which the user has signed in before has its own, which no stranger can use up (OWASP, "device cookies").
// Invariant: no account is ever locked: its owner gets in with a known browser at any time, and from a network that has not guessed.

import { networkOf } from '../identity/failed-attempts.ts'
import { RetryLater } from '../server/problem.ts'

export interface Attempt {
  /** The name that was given, in one spelling; whether there is such a user plays no part. */
  readonly name: string
  readonly address: string
  /** Of the known browser; undefined for a stranger. */
  readonly browser: string | undefined
}

export interface BudgetOptions {
  /** Milliseconds since any fixed moment. */
  readonly now?: () => number
}

const WINDOW_MS = 600_000
const MAX_COUNTS = 50_000
const PER_BROWSER = 20
const PER_ADDRESS_AND_NAME = 10
const PER_ADDRESS = 50
/** A network holds many addresses: a school, or the customers of a provider. */
const PER_NETWORK = 500
/** Wrong passwords of strangers from which on an account is under attack: then each address has this many left. */
const ATTACK = 100
const PER_ADDRESS_UNDER_ATTACK = 2

interface Limit {
  readonly key: string
  readonly max: number
}

export class AttemptBudget {
  readonly #now: () => number
  readonly #counts = new Map<string, { count: number; readonly until: number }>()

  constructor({ now = Date.now }: BudgetOptions = {}) {
    this.#now = now
  }

  /**
   * Takes one attempt, before its password is looked at: many at once count as many.
   * @returns gives it back, for a right password
   * @throws RetryLater TOO_MANY_ATTEMPTS
   */
  take(attempt: Attempt): () => void {
    const limits = this.#limitsOf(attempt)
    const full = limits.find(({ key, max }) => this.#countOf(key) >= max)
    if (full !== undefined) {
      const ms = (this.#counts.get(full.key)?.until ?? 0) - this.#now()
      throw new RetryLater('TOO_MANY_ATTEMPTS', Math.max(1, Math.ceil(ms / 1000)))
    }
    for (const { key } of limits) this.#add(key, 1)
    return () => {
      for (const { key } of limits) this.#add(key, -1)
    }
  }

  #limitsOf({ name, address, browser }: Attempt): readonly Limit[] {
    if (browser !== undefined) return [{ key: `browser ${browser} ${name}`, max: PER_BROWSER }]
    const own = networkOf(address)
    const isAttacked = this.#countOf(`name ${name}`) >= ATTACK
    return [
      { key: `both ${own} ${name}`, max: isAttacked ? PER_ADDRESS_UNDER_ATTACK : PER_ADDRESS_AND_NAME },
      { key: `address ${own}`, max: PER_ADDRESS },
      { key: `network ${networkOf(address, 'wide')}`, max: PER_NETWORK },
      { key: `name ${name}`, max: Number.POSITIVE_INFINITY },
    ]
  }

  #countOf(key: string): number {
    const found = this.#counts.get(key)
    if (found === undefined) return 0
    if (found.until > this.#now()) return found.count
    this.#counts.delete(key)
    return 0
  }

  #add(key: string, change: 1 | -1): void {
    const count = this.#countOf(key)
    const found = this.#counts.get(key)
    if (found !== undefined) found.count = Math.max(0, count + change)
    else if (change === 1) {
      // The oldest come first in a Map.
      for (const old of this.#counts.keys()) {
        if (this.#counts.size < MAX_COUNTS) break
        this.#counts.delete(old)
      }
      this.#counts.set(key, { count: 1, until: this.#now() + WINDOW_MS })
    }
  }
}
