// performance.now() and performance.timeOrigin.

import { realm } from './base/realm.ts'
import { defineInterface } from './base/webidl.ts'
import { EventTarget } from './events/event-target.ts'

const CREATE = Object.freeze({})

/** @deviation There are no entries: no marks, measures and observers. */
export class Performance extends EventTarget {
  readonly #brand = undefined

  constructor(token?: unknown) {
    if (token !== CREATE) throw new TypeError('Illegal constructor')
    super()
  }
  now(): number {
    void this.#brand
    return realm.host.now() - realm.timeOrigin
  }
  get timeOrigin(): number {
    void this.#brand
    return realm.timeOrigin
  }
  toJSON(): object {
    return { timeOrigin: this.timeOrigin }
  }
}
defineInterface(Performance, 'Performance')

export function createPerformance(): Performance {
  return new Performance(CREATE)
}
