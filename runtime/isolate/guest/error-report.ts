// Turns whatever a plugin threw into a report of plain strings.
// Invariant: never throws, and never more than a few kilobytes; a thrown Proxy or getter that loops is the watchdog's.

import type { GuestErrorReport } from '../boot-config.ts'

const { String: toText, Error: BaseError } = globalThis
const MAX_MESSAGE = 2048
const MAX_STACK = 8192

export function reportOf(thrown: unknown): GuestErrorReport {
  try {
    if (thrown instanceof BaseError) {
      const name = safeText(thrown.name, 128)
      const message = safeText(thrown.message, MAX_MESSAGE)
      return { name, message, stack: stackWithCauses(thrown) }
    }
    return { name: 'Error', message: `Thrown: ${safeText(thrown, MAX_MESSAGE)}`, stack: '' }
  } catch {
    return { name: 'Error', message: 'The plugin threw a value that cannot be read', stack: '' }
  }
}

function stackWithCauses(error: Error): string {
  let text = safeText(error.stack ?? '', MAX_STACK)
  let cause: unknown = error.cause
  for (let depth = 0; depth < 4 && cause instanceof BaseError; depth++) {
    text += `\nCaused by: ${safeText(cause.stack ?? cause.message, MAX_STACK / 2)}`
    cause = cause.cause
  }
  return text.slice(0, 2 * MAX_STACK)
}

function safeText(value: unknown, max: number): string {
  const text = typeof value === 'symbol' ? value.toString() : toText(value)
  return text.length > max ? `${text.slice(0, max)}…` : text
}
