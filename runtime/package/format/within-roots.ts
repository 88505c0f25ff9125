// Whether a real path is one that links of a folder may lead to.
// Invariant: no path with a hidden step is, since keys and tokens lie there; hidden folders of package managers hold packages.

import { relative, sep } from 'node:path'

const STORES: ReadonlySet<string> = new Set(['.pnpm', '.yarn', '.store'])

/** @param roots real paths */
export function isWithinRoots(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => {
    const inner = relative(root, path)
    if (inner === '..' || inner.startsWith(`..${sep}`)) return false
    return inner.split(sep).every((step) => !step.startsWith('.') || STORES.has(step))
  })
}
