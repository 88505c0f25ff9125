// Timers: the table is here, the clock is the host's.
// Invariant: at most `maxTimers` are armed at the host, and a callback never runs after clearTimeout().
import { DOMException } from './base/dom-exception.ts'
import { apply, mapDelete, mapGet, mapSet, mapSize, SafeMap } from './base/primordials.ts'
import { realm } from './base/realm.ts'
import { currentRequest, enter, type RequestOwner } from './base/request-context.ts'
import { requireArguments } from './base/webidl.ts'

/** From the HTML standard: timers nested deeper than five wait at least this long. */
const NESTED_MS = 4
const MAX_NESTING = 5
const LONGEST_MS = 0x7fffffff

interface Timer {
  readonly run: () => void
  readonly ms: number
  readonly repeat: boolean
  readonly nesting: number
  /** The request that armed it. */
  readonly owner: RequestOwner | undefined
}

const table = new SafeMap<number, Timer>()
const cell = { lastId: 0, nesting: 0, hasWarned: false }

/** Arms a timer and returns its id. */
export function setTimer(run: () => void, ms: number, repeat = false): number {
  if (mapSize(table) >= realm.maxTimers) {
    throw new DOMException(`A plugin may have ${realm.maxTimers} timers at once`, 'QuotaExceededError')
  }
  const nesting = cell.nesting + 1
  const id = nextId()
  const owner = currentRequest()
  const timer: Timer = {
    run,
    ms: nesting > MAX_NESTING ? Math.max(ms, NESTED_MS) : ms,
    repeat,
    nesting,
    owner,
  }
  mapSet(table, id, timer)
  realm.host.startTimer(id, timer.ms)
  return id
}

function nextId(): number {
  do cell.lastId = cell.lastId >= 0x7fffffff ? 1 : cell.lastId + 1
  while (mapGet(table, cell.lastId) !== undefined)
  return cell.lastId
}

/** The result of startTimer(). Never throws: exceptions of callbacks are reported. */
export function fireTimer(id: number): void {
  const timer = mapGet(table, id)
  if (timer === undefined) return // Cleared while the result was in flight
  if (!timer.repeat) mapDelete(table, id)
  cell.nesting = timer.nesting
  enter(timer.owner)
  try {
    timer.run()
  } catch (error) {
    realm.report(error)
  }
  cell.nesting = 0
  if (timer.repeat && mapGet(table, id) === timer) {
    const nesting = Math.min(timer.nesting + 1, MAX_NESTING + 1)
    const ms = nesting > MAX_NESTING ? Math.max(timer.ms, NESTED_MS) : timer.ms
    mapSet(table, id, { ...timer, nesting, ms })
    realm.host.startTimer(id, ms)
  }
}

export function clearTimer(id: unknown): void {
  const key = Number(id) | 0
  if (mapDelete(table, key)) realm.host.stopTimer(key)
}

export function setTimeout(handler: unknown, timeout?: unknown, ...args: unknown[]): number {
  requireArguments(arguments.length, 1, 'setTimeout()')
  return setTimer(callback(handler, args), milliseconds(timeout))
}

export function setInterval(handler: unknown, timeout?: unknown, ...args: unknown[]): number {
  requireArguments(arguments.length, 1, 'setInterval()')
  return setTimer(callback(handler, args), milliseconds(timeout), true)
}

export function clearTimeout(id?: unknown): void {
  clearTimer(id)
}

export function clearInterval(id?: unknown): void {
  clearTimer(id)
}

export function queueMicrotask(callback: unknown): void {
  requireArguments(arguments.length, 1, 'queueMicrotask()')
  if (typeof callback !== 'function') throw new TypeError('The callback is not a function')
  apply(then, resolved, [
    () => {
      try {
        apply(callback, undefined, [])
      } catch (error) {
        realm.report(error)
      }
    },
  ])
}
const resolved = Promise.resolve()
const { then } = Promise.prototype

function callback(handler: unknown, args: readonly unknown[]): () => void {
  if (typeof handler !== 'function') throw new TypeError('The handler of a timer must be a function')
  return () => {
    apply(handler, globalThis, args)
  }
}

/** Web IDL's "long": NaN and overflow behave as in browsers, negative is zero. */
function milliseconds(timeout: unknown): number {
  const wanted = Number(timeout ?? 0)
  if (wanted > LONGEST_MS && !cell.hasWarned) {
    cell.hasWarned = true
    const message = `A timer of ${wanted} ms does not wait that long: 2147483647 ms (24.8 days) is the longest. A task of the plugin does (docs/tasks.md)`
    realm.host.log('warn', message, currentRequest()?.id)
  }
  return Math.max(0, wanted | 0)
}
