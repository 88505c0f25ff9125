// Stacks of errors name our sources instead of the bundle. Node's own support reads the source map at every start, a third of one;
// this reads it when the first stack is asked for.

import { readableStack } from '../bundles/bundle-stack.ts'

export function nameSources(bundle: URL): void {
  Error.prepareStackTrace = (error, calls) =>
    readableStack([String(error), ...calls.map((call) => `    at ${call}`)].join('\n'), bundle)
}
