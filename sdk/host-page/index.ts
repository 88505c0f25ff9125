// plugbay/host-page: shows what plugins add to a page of an application, whatever its framework. The runtime serves it as host-page.js.

import { PlugbayMenu } from './menu-element.ts'
import { PlugbaySlot } from './slot-element.ts'

export type { FailureDetail } from './failure-detail.ts'
export { PlugbayMenu } from './menu-element.ts'
export { PlugbaySlot } from './slot-element.ts'

// A page may have the script twice, and a server none of it.
const isPage = typeof customElements !== 'undefined'
for (const [name, element] of [
  ['plugbay-slot', PlugbaySlot],
  ['plugbay-menu', PlugbayMenu],
] as const)
  if (isPage && customElements.get(name) === undefined) customElements.define(name, element)
