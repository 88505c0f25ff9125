// The development script of pages: the source text of two functions that are compiled and checked like all others.

import { createOverlay } from './overlay.ts'
import { runPageClient } from './page-client.ts'

/** A classic script; it derives the plugin from its own URL, `<mount>/.plugbay/client.js?<revision>`. */
export function clientScript(): string {
  return `;(${runPageClient.toString()})((${createOverlay.toString()})())\n`
}
