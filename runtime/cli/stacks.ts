// Stacks of errors name our sources instead of the bundle. Node's own support reads the source map at every start, a third of one;
// this reads it when the first stack is asked for.
// Invariant: no visitor can make the server read the map again and again: that takes a fifth of a second, in which nothing else runs.

import { readableStack } from '../bundles/bundle-stack.ts'

/** Of a connection that the other side has cut. Node reads the stacks of these errors itself, and forgets them. */
const CUT = new Set<unknown>(['ECONNRESET', 'EPIPE'])

export function nameSources(bundle: URL): void {
  const known = new Map<string, string>()
  Error.prepareStackTrace = (error: Error & { readonly code?: unknown }, calls) => {
    const stack = [String(error), ...calls.map((call) => `    at ${call}`)].join('\n')
    return CUT.has(error.code) ? stack : readableStack(stack, bundle, known)
  }
}
