// The script that pages get in development: the text of two functions that are written, checked and typed like all others.

import { createOverlay } from './overlay.ts'
import { runPageClient } from './page-client.ts'

/** A classic script; it finds the plugin by its own address, `<mount>/.plugbay/client.js?<revision>`. */
export function clientScript(): string {
  return `;(${runPageClient.toString()})((${createOverlay.toString()})())\n`
}
