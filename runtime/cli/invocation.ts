// How this program was called: what is printed as a next step is what can be typed there.

import { isCheckout } from '../bundles/code-root.ts'
import type { Io } from './io.ts'

/** "plugbay", or what stands for it: "npm run plugbay --" in a checkout, "npx plugbay" by npx, or by a script of a project that has it installed. */
export function programName({ env }: Pick<Io, 'env'>): string {
  if (isCheckout()) return 'npm run plugbay --'
  return env.npm_command !== undefined || env.npm_lifecycle_event !== undefined ? 'npx plugbay' : 'plugbay'
}
