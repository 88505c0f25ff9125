// What has ended of the credentials that principals rest on: tokens, browser sessions, users and their sessions, users of the embedding application.
// A principal carries its basis along: a page token is checked against it at every use, an open answer watches it.
// Invariant: a credential that ends while a principal is being identified counts: the moment is taken before the look-up.

/** What a principal rests on. */
export interface Basis {
  /** "token:<id>", "session:<id>", "user:<id>", "application:<name>": when one of them ends, so does the principal. */
  readonly credentials: readonly string[]
  /** The moment before they were looked up. */
  readonly since: number
  /** When they end by themselves, in ms since the epoch; null: never. */
  readonly until: number | null
}

/** Absent for a principal that cannot end, such as the developer of `plugbay dev`. */
interface Based {
  readonly basis?: Basis | undefined
}

/** Longer than a page token lives: no request can carry an older basis. */
const REMEMBERED_MS = 3_600_000
/** The longest time that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1

interface End {
  readonly moment: number
  readonly at: number
}

export class Revocations {
  readonly #now: () => number
  /** In the order of their ends. */
  readonly #ended = new Map<string, End>()
  readonly #watchers = new Map<string, Set<() => void>>()
  #moment = 0

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** To be taken before a credential is looked up. */
  get moment(): number {
    return this.#moment
  }

  /** The credential has ended: everything that rests on it is over when this returns. */
  end(credential: string): void {
    const at = this.#now()
    for (const [known, end] of this.#ended) {
      if (at - end.at < REMEMBERED_MS) break
      this.#ended.delete(known)
    }
    this.#ended.delete(credential)
    this.#ended.set(credential, { moment: ++this.#moment, at })
    for (const listener of [...(this.#watchers.get(credential) ?? [])]) listener()
  }

  isOver({ basis }: Based): boolean {
    if (basis === undefined) return false
    if (basis.until !== null && basis.until <= this.#now()) return true
    return basis.credentials.some((each) => (this.#ended.get(each)?.moment ?? 0) > basis.since)
  }

  /**
   * Calls `listener` once, when the principal is over; at once if it already is.
   * @returns the function that stops watching
   */
  watch(principal: Based, listener: () => void): () => void {
    const { basis } = principal
    if (basis === undefined) return () => undefined
    let timer: NodeJS.Timeout | undefined
    const stop = () => {
      clearTimeout(timer)
      for (const each of basis.credentials) this.#leave(each, tell)
    }
    const tell = () => {
      stop()
      listener()
    }
    const wait = () => {
      if (this.isOver(principal)) return tell()
      const ms = (basis.until ?? 0) - this.#now()
      timer = setTimeout(wait, Math.min(Math.max(1, ms), MAX_TIMER_MS)).unref()
    }
    for (const each of basis.credentials) this.#enter(each, tell)
    if (this.isOver(principal)) tell()
    else if (basis.until !== null) wait()
    return stop
  }

  #enter(credential: string, listener: () => void): void {
    const watchers = this.#watchers.get(credential) ?? new Set()
    watchers.add(listener)
    this.#watchers.set(credential, watchers)
  }

  #leave(credential: string, listener: () => void): void {
    const watchers = this.#watchers.get(credential)
    watchers?.delete(listener)
    if (watchers?.size === 0) this.#watchers.delete(credential)
  }
}
