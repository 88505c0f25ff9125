// The only mutable cell of the guest's web globals: the state of this isolate.
// Invariant: installWeb sets it once before any plugin code runs, and no global, error or argument leads to it.
import type { SecretKeys } from '../crypto/secret-keys.ts'
import type { HostFunctions } from './host.ts'

export interface Realm {
  host: HostFunctions
  /** Gets uncaught errors that no listener of globalThis prevented. */
  onUnhandled: (error: unknown) => void
  /** Reports an uncaught exception. Never throws. */
  report: (error: unknown) => void
  /** The last href returned: `new URL(request.url)` gets the same string back and need not parse it. */
  lastHref: string
  timeOrigin: number
  maxTimers: number
  /** Maximum length of one message of a WebSocket. */
  maxMessageBytes: number
  /** Set with `env`, where the plugin has a secret. */
  secretKeys?: SecretKeys
  /** Members of `env` that are not granted. */
  absentMembers: readonly string[]
  /** In development: host calls say which request made them. */
  isRecorded: boolean
  randomPool: Uint8Array
  randomUsed: number
}

export const realm = Object.assign(Object.create(null), {
  lastHref: '',
  timeOrigin: 0,
  maxTimers: 10_000,
  maxMessageBytes: 1_000_000,
  absentMembers: [],
  isRecorded: false,
  randomPool: new Uint8Array(0),
  randomUsed: 0,
}) as Realm

/** The host functions go into a frozen object without a prototype, so that no lookup can be intercepted. */
export function setRealm(
  parts: Pick<Realm, 'host' | 'report' | 'onUnhandled' | 'maxTimers' | 'maxMessageBytes'>,
): void {
  Object.assign(realm, parts, { host: Object.freeze(Object.assign(Object.create(null), parts.host)) })
  realm.timeOrigin = realm.host.now()
}
