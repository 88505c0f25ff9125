// The root of our code, and whether it is a checkout (TypeScript) or the published package (JavaScript, bundles beside it).

import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds `runtime` and `sdk`: the checkout, or `dist` of the published package. */
export function codeRoot(): string {
  return dirname(dirname(dirname(fileURLToPath(import.meta.url))))
}

export function isCheckout(): boolean {
  return import.meta.url.endsWith('.ts')
}
