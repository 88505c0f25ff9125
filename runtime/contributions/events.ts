// The handler of a backend that an event goes to: a pure function of what the backend exports.

import { matchesPattern } from '../../sdk/permissions/kinds/name-patterns.ts'
import type { GuestExports } from '../../sdk/protocol/guest-calls.ts'

const EVENTS = 'events.'

/** The most specific one that matches the name: the name itself, else its narrowest group; undefined without any. */
export function eventHandler(exports: GuestExports, name: string): string | undefined {
  return exports
    .filter((path) => path.startsWith(EVENTS))
    .map((path) => path.slice(EVENTS.length))
    .filter((pattern) => matchesPattern(pattern, name))
    .sort((a, b) => Number(b === name) - Number(a === name) || b.length - a.length)[0]
}
