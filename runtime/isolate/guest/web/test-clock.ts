// `Date` by the clock of a test: of plugbay/testing only, and loaded into no other isolate's globals.
// Invariant: no other `Date` can be reached from plugin code, nor by the `constructor` of a date.

import { realm } from './base/realm.ts'

const { construct, defineProperty } = Reflect

export function installTestClock(target: typeof globalThis): void {
  const Machine = target.Date
  const now = () => Math.floor(realm.host.now())
  defineProperty(Machine, 'now', { value: now, writable: true, configurable: true })
  const TestDate = new Proxy(Machine, {
    construct: (date, args, newTarget) => construct(date, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new Machine(now()).toString(),
  })
  defineProperty(Machine.prototype, 'constructor', { value: TestDate, writable: true, configurable: true })
  defineProperty(target, 'Date', { value: TestDate, writable: true, configurable: true })
}
