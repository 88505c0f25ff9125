// plugbay/host-page: shows what plugins add to a page of an application, whatever its framework. The runtime serves it as host-page.js.

import { PlugbaySlot } from './slot-element.ts'

export type { FailureDetail } from './part.ts'
export { PlugbaySlot } from './slot-element.ts'

// A page may have the script twice, and a server none of it.
const isPage = typeof customElements !== 'undefined'
if (isPage && customElements.get('plugbay-slot') === undefined)
  customElements.define('plugbay-slot', PlugbaySlot)
