// The one mutable cell of the guest's web globals: what belongs to this isolate.
// Invariant: set once by installWeb before any plugin code runs, and reachable from no global, error or argument.
import type { HostFunctions } from './host.ts'

export interface Realm {
  host: HostFunctions
  /** Takes what nobody caught and no listener of globalThis prevented. */
  onUnhandled: (error: unknown) => void
  /** Reports an exception that nobody caught. Never throws. */
  report: (error: unknown) => void
  /** The href handed out last: `new URL(request.url)` gets the same string back and need not parse it. */
  lastHref: string
  timeOrigin: number
  maxTimers: number
  /** Of one message of a WebSocket. */
  maxMessageBytes: number
  randomPool: Uint8Array
  randomUsed: number
}

export const realm = Object.assign(Object.create(null), {
  lastHref: '',
  timeOrigin: 0,
  maxTimers: 10_000,
  maxMessageBytes: 1_000_000,
  randomPool: new Uint8Array(0),
  randomUsed: 0,
}) as Realm

/** The host functions end up in a frozen object without a prototype, so that no lookup can be intercepted. */
export function setRealm(
  parts: Pick<Realm, 'host' | 'report' | 'onUnhandled' | 'maxTimers' | 'maxMessageBytes'>,
): void {
  Object.assign(realm, parts, { host: Object.freeze(Object.assign(Object.create(null), parts.host)) })
  realm.timeOrigin = realm.host.now()
}
