// The host calls: everything that a guest may request. A new capability adds rows here, not message types to the protocol.
// Invariant: the runtime has a handler for each row and for nothing else (checked when it starts).

import type { PermissionName } from '../permissions/permissions.ts'

export interface HostCallRow {
  /** The permission that the call needs; null when it names a handle, whose own grant decides, or a secret of the plugin. */
  readonly permission: PermissionName | null
  /** Whether it may change something: a request is not retried after such a call, and a release that was replaced cannot make it. */
  readonly effect: boolean
  /** With `effect`: whether it may also only read, and its handler refuses just what writes. */
  readonly mayRead?: boolean
  /** Whether the data process handles it: the runtime relays its arguments and its result as text, unparsed. */
  readonly relay: boolean
}

export const HOST_CALLS = {
  'kv.get': { permission: 'kv', effect: false, relay: true },
  'kv.put': { permission: 'kv', effect: true, relay: true },
  'kv.increment': { permission: 'kv', effect: true, relay: true },
  'kv.delete': { permission: 'kv', effect: true, relay: true },
  'kv.list': { permission: 'kv', effect: false, relay: true },
  // Only the compiled statement shows whether it writes.
  'db.query': { permission: 'database', effect: true, mayRead: true, relay: true },
  // A cursor reads; it is a handle of the instance.
  'db.open': { permission: 'database', effect: false, relay: false },
  'db.next': { permission: 'database', effect: false, relay: false },
  'db.close': { permission: 'database', effect: false, relay: false },
  'bucket.head': { permission: 'files', effect: false, relay: true },
  'bucket.list': { permission: 'files', effect: false, relay: true },
  // The content streams past the data process.
  'bucket.read': { permission: 'files', effect: false, relay: false },
  'bucket.put': { permission: 'files', effect: true, relay: false },
  'bucket.putPart': { permission: 'files', effect: true, relay: false },
  /** The limit is the runtime's. */
  'bucket.estimate': { permission: 'files', effect: false, relay: false },
  'bucket.delete': { permission: 'files', effect: true, relay: true },
  'bucket.createUpload': { permission: 'files', effect: true, relay: true },
  /** An upload that a page goes on with, by its own name for it. */
  'bucket.openUpload': { permission: 'files', effect: true, relay: true },
  'bucket.complete': { permission: 'files', effect: true, relay: true },
  'bucket.abort': { permission: 'files', effect: true, relay: true },
  // What the plugins do that it calls is not known.
  'hooks.apply': { permission: 'applyHooks', effect: true, relay: false },
  // The application says of each function whether it changes something.
  'host.call': { permission: 'host', effect: true, mayRead: true, relay: false },
  'events.emit': { permission: 'events', effect: true, relay: false },
  'tasks.schedule': { permission: 'tasks', effect: true, relay: false },
  'tasks.cancel': { permission: 'tasks', effect: true, relay: false },
  'tasks.list': { permission: 'tasks', effect: false, relay: false },
  // What a run says of itself changes nothing but its task, and its lease decides whether it may.
  'tasks.report': { permission: 'tasks', effect: false, relay: false },
  'tasks.checkpoint': { permission: 'tasks', effect: false, relay: false },
  // Only the remote server knows which requests change something.
  'net.fetch': { permission: 'network', effect: true, relay: false },
  // An administrator gave the secret to the plugin; a signature goes nowhere by itself.
  'secrets.sign': { permission: null, effect: false, relay: false },
  'volumes.list': { permission: 'volumes', effect: false, relay: false },
  'volumes.open': { permission: 'volumes', effect: false, relay: false },
  'volumes.eject': { permission: 'volumes', effect: true, relay: false },
  // A folder is a volume of the plugin, or was given to it for one call.
  'files.find': { permission: null, effect: false, relay: false },
  'files.facts': { permission: null, effect: false, relay: false },
  'files.read': { permission: null, effect: false, relay: false },
  'files.digest': { permission: null, effect: false, relay: false },
  'files.list': { permission: null, effect: false, relay: false },
  'files.next': { permission: null, effect: false, relay: false },
  'files.endList': { permission: null, effect: false, relay: false },
  'files.create': { permission: null, effect: true, relay: false },
  'files.remove': { permission: null, effect: true, relay: false },
  'files.move': { permission: null, effect: true, relay: false },
  'files.openWriter': { permission: null, effect: true, relay: false },
  'files.write': { permission: null, effect: true, relay: false },
  /** What is left of a stream that the guest is being sent goes to the file. */
  'files.pipe': { permission: null, effect: true, relay: false },
  'files.truncate': { permission: null, effect: true, relay: false },
  'files.commit': { permission: null, effect: true, relay: false },
  'files.discard': { permission: null, effect: false, relay: false },
  'usb.getDevices': { permission: 'usb', effect: false, relay: false },
  'usb.requestDevice': { permission: 'usb', effect: false, relay: false },
  // A device keeps one session, and only the plugin knows which requests change something.
  'usb.open': { permission: 'usb', effect: true, relay: false },
  'usb.close': { permission: null, effect: false, relay: false },
  'usb.selectConfiguration': { permission: 'usb', effect: true, relay: false },
  'usb.claimInterface': { permission: 'usb', effect: true, relay: false },
  'usb.releaseInterface': { permission: 'usb', effect: true, relay: false },
  'usb.selectAlternateInterface': { permission: 'usb', effect: true, relay: false },
  'usb.clearHalt': { permission: 'usb', effect: true, relay: false },
  'usb.reset': { permission: 'usb', effect: true, relay: false },
  'usb.controlTransferIn': { permission: 'usb', effect: true, relay: false },
  'usb.controlTransferOut': { permission: 'usb', effect: true, relay: false },
  'usb.transferIn': { permission: 'usb', effect: true, relay: false },
  'usb.transferOut': { permission: 'usb', effect: true, relay: false },
  'usb.isochronousTransfer': { permission: 'usb', effect: true, relay: false },
} as const satisfies Record<string, HostCallRow>

/** The result of a host call: plain data, and bytes alongside. */
export interface HostCallResult {
  readonly head: unknown
  readonly body?: Uint8Array | undefined
  /** Instead of `body` when it continues in chunks. It is iterated once, or its call is cancelled. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined
  /** With `stream`: ends it with the reason, also while the reader takes nothing. */
  readonly until?: AbortSignal | undefined
}

/** A result that the runtime has not parsed. */
export interface RelayedResult {
  /** JSON. */
  readonly text: string
  readonly body?: Uint8Array | undefined
}

export type HostCallName = keyof typeof HOST_CALLS
/** The rows whose arguments and results the runtime relays as text. */
export type RelayedCallName = {
  [Name in HostCallName]: (typeof HOST_CALLS)[Name]['relay'] extends true ? Name : never
}[HostCallName]

/** A row with its name: the form of a call once its frame has been parsed. */
export interface HostCall extends HostCallRow {
  readonly name: HostCallName
}

const ROWS: ReadonlyMap<string, HostCall> = new Map(
  Object.entries<HostCallRow>(HOST_CALLS).map(([name, row]) => [
    name,
    { ...row, name: name as HostCallName },
  ]),
)

export function findHostCall(name: string): HostCall | undefined {
  return ROWS.get(name)
}

/**
 * Maximum length of one argument list, as text. Checked in the guest, before anything is copied to the host, and here.
 * @limit host calls: arguments as JSON, in bytes
 * @passed a `RangeError` is thrown
 */
export const MAX_HOST_CALL_ARGS = 64 * 1024

/** The head of a host call: the name of its row, in development the id of the request that makes it, and its arguments as a list in JSON. */
export function hostCallHead(name: string, args: string, requestId?: string): string {
  return requestId === undefined ? name + args : `${name}@${requestId}${args}`
}

export interface HostCallHead {
  readonly name: string
  /** As the guest says it. */
  readonly requestId?: string
  readonly args: string
}

/** Undefined for a head that hostCallHead() cannot have made. Does not check that the list is JSON: its reader does. */
export function splitHostCall(head: string): HostCallHead | undefined {
  const at = head.indexOf('[')
  if (at <= 0 || head.length - at > MAX_HOST_CALL_ARGS || !head.endsWith(']')) return undefined
  const named = head.slice(0, at)
  const args = head.slice(at)
  const mark = named.indexOf('@')
  return mark === -1
    ? { name: named, args }
    : { name: named.slice(0, mark), requestId: named.slice(mark + 1), args }
}
