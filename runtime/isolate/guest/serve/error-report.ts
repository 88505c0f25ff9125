// Converts any value that a plugin threw to a report of plain strings: its class, and a stack with causes and aggregated
// errors.
// Invariant: never throws, and never more than a few kilobytes; an endless Proxy or getter is left to the watchdog.

import type { GuestErrorReport } from '../../../../sdk/protocol/guest-boot.ts'
import { absenceHint } from '../env/absent-members.ts'
import { HostError } from '../env/host-calls.ts'
import { realm } from '../web/base/realm.ts'
import { inspect } from '../web/console/inspect.ts'
import { hintFor } from './missing-globals.ts'

const {
  String: toText,
  Error: BaseError,
  AggregateError: BaseAggregateError,
  ReferenceError: BaseReferenceError,
  TypeError: BaseTypeError,
} = globalThis
const { getPrototypeOf } = Reflect
const { isArray } = Array
/** Names of errors that were not given a name. */
const BUILT_IN: ReadonlySet<string> = new Set(
  'Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError'.split(' '),
)
const MAX_NAME = 128
const MAX_MESSAGE = 2048
const MAX_STACK = 8192
/** Limit for a cause, and for one error of an aggregate. */
const MAX_PART = 2048
const MAX_DEPTH = 4
const MAX_ERRORS = 5

export function reportOf(thrown: unknown): GuestErrorReport {
  try {
    if (thrown instanceof BaseError) {
      const name = nameOf(thrown)
      const text = safeText(thrown.message, MAX_MESSAGE)
      const hint = hintOf(thrown, text)
      const message = hint === undefined ? text : `${text}. ${hint}`
      const plain = `${stackOf(thrown, MAX_STACK)}${partsOf(thrown, [thrown])}`
      const stack = hint === undefined ? plain : plain.replace(text, () => message)
      return { name, message, stack: stack.slice(0, 2 * MAX_STACK) }
    }
    return { name: 'Error', message: `Thrown: ${safeText(thrown, MAX_MESSAGE)}`, stack: '' }
  } catch {
    return { name: 'Error', message: 'The plugin threw a value that cannot be read', stack: '' }
  }
}

function hintOf(error: Error, text: string): string | undefined {
  const refusal = refusalOf(error)
  if (refusal !== undefined) return refusal.hint
  if (error instanceof BaseReferenceError) return hintFor(text)
  return error instanceof BaseTypeError ? absenceHint(text, realm.absentMembers) : undefined
}

/** What the host said, itself or behind an error that a standard names. */
function refusalOf(error: Error): HostError | undefined {
  if (error instanceof HostError) return error
  return error.cause instanceof HostError ? error.cause : undefined
}

/** With the code of the host, as Node writes it: `TypeError [NETWORK_DENIED]`. */
function nameOf(error: Error): string {
  const refusal = refusalOf(error)
  const name = ownName(error)
  return refusal === undefined ? name : `${name} [${safeText(refusal.code, MAX_NAME)}]`
}

/** The author's name for it: the one that was assigned, or otherwise that of its class. */
function ownName(error: Error): string {
  const given = safeText(error.name, MAX_NAME)
  if (!BUILT_IN.has(given)) return given
  const { constructor: made } = getPrototypeOf(error) as { readonly constructor?: unknown }
  const ofClass = typeof made === 'function' ? safeText(made.name, MAX_NAME) : ''
  return ofClass === '' ? given : ofClass
}

/** The first line of the stack has the same name. */
function stackOf(error: Error, max: number): string {
  const stack = safeText(error.stack ?? '', max)
  const shown = safeText(error.name, MAX_NAME)
  const name = nameOf(error)
  if (stack === '') return `${name}: ${safeText(error.message, MAX_MESSAGE)}`
  return name !== shown && stack.startsWith(shown) ? name + stack.slice(shown.length) : stack
}

/** `above`: the errors that contain this one, and itself. */
function partsOf(error: Error, above: readonly unknown[]): string {
  if (above.length > MAX_DEPTH) return ''
  let text = error.cause === undefined ? '' : `\nCaused by: ${partOf(error.cause, above)}`
  if (!(error instanceof BaseAggregateError) || !isArray(error.errors)) return text
  const { errors } = error
  const shown = Math.min(errors.length, MAX_ERRORS)
  for (let index = 0; index < shown; index++)
    text += `\nError ${index + 1} of ${errors.length}: ${partOf(errors[index], above)}`
  return text
}

function partOf(part: unknown, above: readonly unknown[]): string {
  for (const each of above) if (each === part) return '[circular]'
  if (part instanceof BaseError) return `${stackOf(part, MAX_PART)}${partsOf(part, [...above, part])}`
  const text = inspect(part)
  return text.length > MAX_PART ? `${text.slice(0, MAX_PART)}…` : text
}

function safeText(value: unknown, max: number): string {
  const text = typeof value === 'symbol' ? value.toString() : toText(value)
  return text.length > max ? `${text.slice(0, max)}…` : text
}
