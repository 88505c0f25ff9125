// The host calls: everything that a guest may ask. A new capability adds rows here, not words to the protocol.
// Invariant: the runtime has a handler for each row and for nothing else (checked when it starts).

import type { PermissionName } from './permissions.ts'

export interface HostCallRow {
  /** The grant that the call needs. */
  readonly permission: PermissionName
  /** Whether it may change something: a request is not sent again after such a call. */
  readonly effect: boolean
}

export const HOST_CALLS = {
  'kv.get': { permission: 'kv', effect: false },
  'kv.put': { permission: 'kv', effect: true },
  'kv.increment': { permission: 'kv', effect: true },
  'kv.delete': { permission: 'kv', effect: true },
  'kv.list': { permission: 'kv', effect: false },
  // Whether a statement writes is known where it is compiled only.
  'db.query': { permission: 'database', effect: true },
  // Which requests change something is for the other server to say.
  'net.fetch': { permission: 'network', effect: true },
  'usb.getDevices': { permission: 'usb', effect: false },
} as const satisfies Record<string, HostCallRow>

/** What the host answers: plain data, and bytes beside it. */
export interface HostAnswer {
  readonly head: unknown
  readonly body?: Uint8Array | undefined
  /** Instead of `body`, where it goes on in chunks; it is iterated once, or its call is cancelled. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined
}

export type HostCallName = keyof typeof HOST_CALLS

export function isHostCall(name: string): name is HostCallName {
  return Object.hasOwn(HOST_CALLS, name)
}
