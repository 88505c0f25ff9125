// Parses messages of a guest as hostile input: every field is checked, sizes are truncated.
// Invariant: undefined for anything that our guest bundle would not have sent.

import { PERMISSIONS, type PermissionName } from '../../../sdk/permissions/permissions.ts'
import type { GuestErrorReport, GuestEvent } from '../../../sdk/protocol/guest-boot.ts'
import { type GuestExports, MAX_EXPORT_NAME, MAX_EXPORTS } from '../../../sdk/protocol/guest-calls.ts'
import { findHostCall, type HostCall, splitHostCall } from '../../../sdk/protocol/host-calls.ts'
import type { ControlEvent, SlotFigures } from '../../../sdk/protocol/sandbox-control.ts'
import type { HostCallArguments } from '../types.ts'

const REQUEST_ID = /^[\w-]{1,64}$/
const LEVELS: ReadonlySet<unknown> = new Set(['debug', 'info', 'warn', 'error'])

/** More isolates than a process ever gets. */
const MAX_SLOTS = 10_000
/** More than run in a shared process, including those being unloaded. */
const MAX_RUNS = 200

export interface HostCallRequest {
  readonly name: string
  /** Undefined for an unknown name. */
  readonly row: HostCall | undefined
  readonly args: HostCallArguments
  /** In development: that of the guest call which makes it. */
  readonly requestId?: string | undefined
}

/** Resolves the row of a host call, once for all code that handles it. */
export function parseHostCall(head: string): HostCallRequest | undefined {
  const found = splitHostCall(head)
  if (found === undefined) return undefined
  const { name, requestId } = found
  if (requestId !== undefined && !REQUEST_ID.test(requestId)) return undefined
  const row = findHostCall(name)
  if (row?.relay !== false) return { ...found, row }
  const args = parseJson(found.args)
  return Array.isArray(args) ? { name, row, args, requestId } : undefined
}

export function parseGuestEvent(head: string): GuestEvent | undefined {
  const value = parseObject(head)
  if (value === undefined) return undefined
  switch (value.e) {
    case 'loaded': {
      const { exports } = value
      return isExports(exports) ? { e: 'loaded', exports } : undefined
    }
    case 'load-failed':
    case 'unhandled': {
      const error = parseReport(value.error)
      return error === undefined ? undefined : { e: value.e, error, ...requestIdOf(value) }
    }
    case 'log':
      if (!LEVELS.has(value.level) || typeof value.text !== 'string') return undefined
      return {
        e: 'log',
        level: value.level as 'info',
        text: value.text.slice(0, 8192),
        ...requestIdOf(value),
      }
    case 'log-dropped':
    case 'waiting':
      if (typeof value.count !== 'number' || !Number.isSafeInteger(value.count) || value.count < 0)
        return undefined
      return { e: value.e, count: value.count }
    case 'lacking': {
      const { permission, value: given } = value
      if (!isPermission(permission)) return undefined
      return { e: 'lacking', permission, ...(typeof given === 'string' && { value: given.slice(0, 2048) }) }
    }
    default:
      return undefined
  }
}

function isPermission(value: unknown): value is PermissionName {
  return typeof value === 'string' && Object.hasOwn(PERMISSIONS, value)
}

function isExports(value: unknown): value is GuestExports {
  if (!Array.isArray(value) || value.length > MAX_EXPORTS) return false
  return value.every((name) => typeof name === 'string' && name.length <= MAX_EXPORT_NAME)
}

/** It labels lines of the plugin's own log: a wrong one misleads only its author. */
function requestIdOf({ requestId }: Record<string, unknown>): { readonly requestId?: string } {
  return typeof requestId === 'string' && REQUEST_ID.test(requestId) ? { requestId } : {}
}

/** Reports of a sandbox process about its isolates; invalid figures become 0. Undefined for anything else. */
export function parsePingReply(head: string): readonly SlotFigures[] | undefined {
  const slots = parseObject(head)?.slots
  if (!Array.isArray(slots) || slots.length > MAX_SLOTS) return undefined
  return slots.map((slot: unknown) => {
    const given = (typeof slot === 'object' && slot !== null ? slot : {}) as Record<string, unknown>
    return {
      slot: figure(given.slot),
      cpuMs: figure(given.cpuMs),
      heapBytes: figure(given.heapBytes),
      externalBytes: figure(given.externalBytes),
      runMs: figure(given.runMs),
      busyMs: figure(given.busyMs),
      poolMs: figure(given.poolMs),
    }
  })
}

/** When the next timer is due; undefined without one, and for anything else. */
export function parseClockReply(head: string): number | undefined {
  const nextAt = parseObject(head)?.nextAt
  return typeof nextAt === 'number' && Number.isFinite(nextAt) ? nextAt : undefined
}

export function parseControlEvent(head: string): ControlEvent | undefined {
  const value = parseObject(head)
  switch (value?.e) {
    case 'slot-failed':
      if (typeof value.slot !== 'number') return undefined
      return {
        e: 'slot-failed',
        slot: value.slot,
        code: value.code === 'GUEST_DEADLINE' ? 'GUEST_DEADLINE' : 'GUEST_CRASHED',
        message: typeof value.message === 'string' ? value.message.slice(0, 1024) : '',
        isCatastrophic: value.isCatastrophic === true,
      }
    case 'runs':
      if (!Array.isArray(value.slots) || value.slots.length > MAX_RUNS) return undefined
      return { e: 'runs', slots: value.slots.map(figure) }
    case 'inspector':
      if (typeof value.slot !== 'number' || typeof value.more !== 'boolean') return undefined
      return { e: 'inspector', slot: value.slot, more: value.more }
    case 'guest-rejected':
      return { e: 'guest-rejected' }
    default:
      return undefined
  }
}

/** JSON may hold 1e999, which is infinite. */
function figure(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : 0
}

function parseReport(value: unknown): GuestErrorReport | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name, message, stack } = value as Record<string, unknown>
  if (typeof name !== 'string' || typeof message !== 'string' || typeof stack !== 'string') return undefined
  return { name: name.slice(0, 128), message: message.slice(0, 4096), stack: stack.slice(0, 16_384) }
}

function parseObject(head: string): Record<string, unknown> | undefined {
  const value = parseJson(head)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** Undefined for text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
