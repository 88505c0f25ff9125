// Turns whatever a plugin threw into a report of plain strings: its class, and a stack with causes and the errors of an aggregate.
// Invariant: never throws, and never more than a few kilobytes; a thrown Proxy or getter that loops is the watchdog's.

import type { GuestErrorReport } from '../../../../sdk/protocol/guest-boot.ts'
import { inspect } from '../web/console/inspect.ts'

const { String: toText, Error: BaseError, AggregateError: BaseAggregateError } = globalThis
const { getPrototypeOf } = Reflect
const { isArray } = Array
/** Names that an error has when nobody gave it one. */
const BUILT_IN: ReadonlySet<string> = new Set(
  'Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError'.split(' '),
)
const MAX_NAME = 128
const MAX_MESSAGE = 2048
const MAX_STACK = 8192
/** Of a cause, and of one error of an aggregate. */
const MAX_PART = 2048
const MAX_DEPTH = 4
const MAX_ERRORS = 5

export function reportOf(thrown: unknown): GuestErrorReport {
  try {
    if (thrown instanceof BaseError) {
      const name = nameOf(thrown)
      const message = safeText(thrown.message, MAX_MESSAGE)
      const stack = `${stackOf(thrown, MAX_STACK)}${partsOf(thrown, [thrown])}`
      return { name, message, stack: stack.slice(0, 2 * MAX_STACK) }
    }
    return { name: 'Error', message: `Thrown: ${safeText(thrown, MAX_MESSAGE)}`, stack: '' }
  } catch {
    return { name: 'Error', message: 'The plugin threw a value that cannot be read', stack: '' }
  }
}

/** What the author calls it: the name that was given to it, or that of its class where that gives none of its own. */
function nameOf(error: Error): string {
  const given = safeText(error.name, MAX_NAME)
  if (!BUILT_IN.has(given)) return given
  const { constructor: made } = getPrototypeOf(error) as { readonly constructor?: unknown }
  const ofClass = typeof made === 'function' ? safeText(made.name, MAX_NAME) : ''
  return ofClass === '' ? given : ofClass
}

/** Its first line has the same name. */
function stackOf(error: Error, max: number): string {
  const stack = safeText(error.stack ?? '', max)
  const shown = safeText(error.name, MAX_NAME)
  const name = nameOf(error)
  if (stack === '') return `${name}: ${safeText(error.message, MAX_MESSAGE)}`
  return name !== shown && stack.startsWith(shown) ? name + stack.slice(shown.length) : stack
}

/** `above`: the errors that this one is a part of, itself included. */
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
