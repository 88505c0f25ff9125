// The guest calls: everything that the host may ask of a guest, the counterpart of host-calls.ts. A new capability adds rows
// here, not message types to the protocol.
// Invariant: a row that does not stream takes JSON and returns JSON, by one path in the host and one in the guest.

import type { FolderGrant } from './file-wire.ts'

export interface GuestCallRow {
  /** Path of the handler in the default export of the backend: member names joined by dots; `*` for a name of the call. */
  readonly handler: string
  /** Whether it may be retried when its instance was lost before it changed anything; of requests, GET and HEAD only. */
  readonly repeatable: boolean
  /** Whether bodies stream both ways. Such a row has a path of its own. */
  readonly streams: boolean
  /** Milliseconds until the reply begins; undefined for the plugin's own limit `deadlineMs`. */
  readonly deadlineMs: number | undefined
  /** How its CPU time is charged: a little of each request is free, work counts in full. */
  readonly charge: 'request' | 'work'
}

const LIFECYCLE = { repeatable: false, streams: false, charge: 'work' } as const
const ACTION = { streams: false, charge: 'work' } as const

export const GUEST_CALLS = {
  fetch: {
    handler: 'fetch',
    repeatable: true,
    streams: true,
    deadlineMs: undefined,
    charge: 'request',
  },
  // Each is made by a command of an administrator, who waits for it.
  'lifecycle.install': { handler: 'lifecycle.install', deadlineMs: 60_000, ...LIFECYCLE },
  'lifecycle.enable': { handler: 'lifecycle.enable', deadlineMs: 30_000, ...LIFECYCLE },
  'lifecycle.disable': { handler: 'lifecycle.disable', deadlineMs: 10_000, ...LIFECYCLE },
  // Each step of the list is a call of its own, with its index as the argument.
  'lifecycle.upgrade': { handler: 'lifecycle.upgrade', deadlineMs: 60_000, ...LIFECYCLE },
  'lifecycle.uninstall': { handler: 'lifecycle.uninstall', deadlineMs: 30_000, ...LIFECYCLE },
  // A backend that does not answer is restarted, with the new values.
  'settings.changed': {
    handler: 'settings.changed',
    repeatable: false,
    streams: false,
    deadlineMs: 5000,
    charge: 'work',
  },
  'event.deliver': {
    handler: 'events.*',
    repeatable: false,
    streams: false,
    deadlineMs: 10_000,
    charge: 'work',
  },
  'action.ready': { handler: 'actions.*.ready', repeatable: true, deadlineMs: 2000, ...ACTION },
  'action.check': { handler: 'actions.*.check', repeatable: true, deadlineMs: 5000, ...ACTION },
  // What takes longer is done by tasks.
  'action.run': { handler: 'actions.*.run', repeatable: false, deadlineMs: 30_000, ...ACTION },
  // The task has the deadline. Its reply is a TaskReply.
  'task.run': {
    handler: 'tasks.*',
    repeatable: false,
    streams: false,
    deadlineMs: undefined,
    charge: 'work',
  },
  // A step of a task of the server.
  'init.run': {
    handler: 'init.*',
    repeatable: false,
    streams: false,
    deadlineMs: 600_000,
    charge: 'work',
  },
  // A page of the application waits for it, and shows the rest without it.
  'bundle.data': {
    handler: 'bundles.*',
    repeatable: true,
    streams: false,
    deadlineMs: 5000,
    charge: 'request',
  },
  // A rendering of templates waits for it, and fails without it.
  'patch.render': {
    handler: 'patches.*',
    repeatable: true,
    streams: false,
    deadlineMs: 5000,
    charge: 'work',
  },
  // The declaration of the hook has the deadline.
  'hook.apply': {
    handler: 'hooks.*',
    repeatable: true,
    streams: false,
    deadlineMs: undefined,
    charge: 'work',
  },
} as const satisfies Record<string, GuestCallRow>

export type GuestCallName = keyof typeof GUEST_CALLS
/** The rows whose arguments and result are JSON. */
export type JsonCallName = {
  [Name in GuestCallName]: (typeof GUEST_CALLS)[Name]['streams'] extends false ? Name : never
}[GuestCallName]

/** The head of a call whose arguments are JSON. That of "fetch" is in guest-request.ts. The head of its reply is the result. */
export interface GuestCallHead {
  readonly m: JsonCallName
  /** The handler, where the path of the row holds a name: "hooks.content.title". */
  readonly path?: string
  /** Arguments that precede `env` and `ctx`. */
  readonly a: readonly unknown[]
  readonly user: { readonly name: string; readonly permissions: readonly string[] } | null
  /** Folders that the handler may use until it has ended, by name: `ctx.folders`. */
  readonly folders?: Readonly<Record<string, FolderGrant>>
  /** Absent: the default of the host. */
  readonly language?: string
  /** Of calls of an action: `ctx.action`. */
  readonly action?: { readonly id: string; readonly context: string; readonly object: unknown }
  /** Labels log lines, as the id of a request does. */
  readonly requestId: string
}

/**
 * Limits each direction; counts characters of text.
 * @limit calls of handlers other than `fetch`: arguments, and the result, as JSON, in characters
 * @passed the call fails
 */
export const MAX_CALL_JSON = 512 * 1024
/** Levels of arrays and objects in a result, so that recursive readers do not overflow their stack. */
export const MAX_CALL_DEPTH = 100

/** Handlers that a manifest declares by name: `*` in the path of a handler stands for that name. */
export const DECLARED_HANDLERS = {
  tasks: { handler: 'tasks.*' },
  actions: { handler: 'actions.*.run' },
  hooks: { handler: 'hooks.*' },
  events: { handler: 'events.*' },
  bundles: { handler: 'bundles.*' },
  patches: { handler: 'patches.*' },
  init: { handler: 'init.*' },
} as const

export type DeclaredHandlers = keyof typeof DECLARED_HANDLERS

/** The handlers that a backend exports, as paths in its default export: "fetch", "lifecycle.enable", "tasks.nightly". */
export type GuestExports = readonly string[]

/** More than a manifest can declare. */
export const MAX_EXPORTS = 1000
export const MAX_EXPORT_NAME = 250

/** The events that the host sends to subscribed guests, and the member of `env` that receives each. */
export const HOST_EVENTS = {
  'usb.connect': { receiver: 'usb' },
  'usb.disconnect': { receiver: 'usb' },
  // The new values, before the call "settings.changed".
  'settings.values': { receiver: 'settings' },
  // The signal to stop, or another level of its log: a TaskChange.
  'task.changed': { receiver: 'tasks' },
} as const

export type HostEventName = keyof typeof HOST_EVENTS
export type HostEventReceiver = (typeof HOST_EVENTS)[HostEventName]['receiver']

/** The head of an EVENT frame. */
export interface HostEvent {
  readonly e: HostEventName
  /** JSON. */
  readonly data: unknown
}
