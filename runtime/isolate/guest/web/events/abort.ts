// AbortController and AbortSignal, and the abort state of a guest call, whose signal is created on demand.
import { CallSite } from '../base/call-site.ts'
import { DOMException } from '../base/dom-exception.ts'
import { realm } from '../base/realm.ts'
import { defineInterface, isObject, toEnforcedInteger } from '../base/webidl.ts'
import { setTimer } from '../timers.ts'
import { Event, trusted } from './event.ts'
import { EventTarget, fireEvent } from './event-target.ts'

const CREATE = Object.freeze({})

let abortSignal: (signal: AbortSignal, reason: unknown) => void
/** Runs `then` when the signal aborts, before its event listeners. */
export let onAbort: (signal: AbortSignal, then: () => void) => void
export let isAbortSignal: (value: unknown) => value is AbortSignal

export class AbortSignal extends EventTarget {
  #aborted = false
  #reason: unknown
  #onabort: ((event: Event) => unknown) | null = null
  #handlerListens = false
  #algorithms: (() => void)[] | undefined
  #sources: AbortSignal[] | undefined
  #dependents: AbortSignal[] | undefined

  constructor(token?: unknown) {
    if (token !== CREATE) throw new TypeError('Illegal constructor')
    super()
  }

  static {
    isAbortSignal = (value): value is AbortSignal => isObject(value) && #aborted in value
    abortSignal = (signal, reason) => {
      if (signal.#aborted) return
      const cause = reason === undefined ? abortError() : reason
      const due = [signal]
      signal.#aborted = true
      signal.#reason = cause
      for (const dependent of signal.#dependents ?? []) {
        if (dependent.#aborted) continue
        dependent.#aborted = true
        dependent.#reason = cause
        due.push(dependent)
      }
      for (const one of due) one.#run()
    }
    onAbort = (signal, then) => {
      if (signal.#aborted) then()
      else {
        signal.#algorithms ??= []
        signal.#algorithms.push(then)
      }
    }
  }

  #run(): void {
    const algorithms = this.#algorithms ?? []
    this.#algorithms = undefined
    for (const algorithm of algorithms) algorithm()
    fireEvent(this, trusted(new Event('abort')))
    this.#dependents = undefined
    this.#sources = undefined
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(CREATE)
    signal.#aborted = true
    signal.#reason = reason === undefined ? abortError() : reason
    return signal
  }

  static timeout(milliseconds: unknown): AbortSignal {
    const ms = toEnforcedInteger(milliseconds, Number.MAX_SAFE_INTEGER, 'The timeout')
    const signal = new AbortSignal(CREATE)
    const site = new CallSite()
    const timedOut = () => {
      const error = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
      abortSignal(signal, site.mark(error))
    }
    setTimer(timedOut, Math.min(ms, 0x7fffffff))
    return signal
  }

  static any(signals: Iterable<unknown>): AbortSignal {
    const list = [...signals]
    for (const one of list) {
      if (!isAbortSignal(one)) throw new TypeError('AbortSignal.any() takes a list of AbortSignals')
    }
    const result = new AbortSignal(CREATE)
    for (const one of list as AbortSignal[]) {
      if (!one.#aborted) continue
      result.#aborted = true
      result.#reason = one.#reason
      return result
    }
    const sources = new Set<AbortSignal>()
    for (const one of list as AbortSignal[]) {
      if (one.#sources === undefined) sources.add(one)
      else for (const source of one.#sources) sources.add(source)
    }
    result.#sources = [...sources]
    for (const source of sources) {
      source.#dependents ??= []
      source.#dependents.push(result)
    }
    return result
  }

  get aborted(): boolean {
    return this.#aborted
  }
  get reason(): unknown {
    return this.#reason
  }
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason
  }
  get onabort(): ((event: Event) => unknown) | null {
    return this.#onabort
  }
  set onabort(handler: unknown) {
    this.#onabort = typeof handler === 'function' ? (handler as (event: Event) => unknown) : null
    if (this.#handlerListens || this.#onabort === null) return
    this.#handlerListens = true
    super.addEventListener('abort', (event: Event) => this.#onabort?.(event))
  }
}
defineInterface(AbortSignal, 'AbortSignal')

function abortError(): DOMException {
  return new DOMException('This operation was aborted', 'AbortError')
}

export class AbortController {
  readonly #signal = new AbortSignal(CREATE)

  get signal(): AbortSignal {
    return this.#signal
  }
  abort(reason?: unknown): void {
    abortSignal(this.#signal, reason)
  }
}
defineInterface(AbortController, 'AbortController')

/** The abort state of one guest call. */
export interface LazySignal {
  /** Created on first access; already aborted if abort() came before. */
  readonly signal: AbortSignal
}

export interface Abort extends LazySignal {
  abort(reason?: unknown): void
}

export function createAbort(): Abort {
  return new CallAbort()
}

class CallAbort implements Abort {
  #signal: AbortSignal | undefined
  #aborted = false
  #reason: unknown

  get signal(): AbortSignal {
    this.#signal ??= this.#aborted ? AbortSignal.abort(this.#reason) : new AbortSignal(CREATE)
    return this.#signal
  }

  /** Never throws: exceptions of listeners are reported. */
  abort(reason?: unknown): void {
    this.#aborted = true
    this.#reason = reason
    try {
      if (this.#signal !== undefined) abortSignal(this.#signal, reason)
    } catch (error) {
      realm.report(error)
    }
  }
}
