// How this program was called: what is printed as a next step is what can be typed there.

import { isCheckout } from '../bundles/code-root.ts'
import type { Io } from './io.ts'

/** "plugbay", or what stands for it: "npm run plugbay --" in a checkout, or what programOfPackage() says. */
export function programName({ env }: Pick<Io, 'env'>): string {
  return isCheckout() ? 'npm run plugbay --' : programOfPackage(env)
}

/** "plugbay", or "npx plugbay" by npx, or by a script of a project that has it installed. */
export function programOfPackage(env: Io['env']): string {
  return env.npm_command !== undefined || env.npm_lifecycle_event !== undefined ? 'npx plugbay' : 'plugbay'
}

/** What stands before the name in a text that has it in full: a path, "npx plugbay", "npm run plugbay". */
const COMMAND = /(?<![\w./@-]|\bnpx |\bnpm run )plugbay (?=[a-z<[-])/g

/** A text of ours with its commands as they are typed here: texts write "plugbay list". */
export function asTyped(text: string, io: Pick<Io, 'env'>): string {
  return text.replace(COMMAND, `${programName(io)} `)
}
