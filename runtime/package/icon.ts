// The icon of a package, wherever its manifest has it.
// Invariant: it is an image of a size that may be held in memory; any other file counts as none.

import type { Manifest } from '../../sdk/manifest/manifest.ts'
import type { ContentEntry } from './format/artifact-format.ts'

const ICON_BYTES = 200_000

/** Undefined without an icon, and for one that is missing, too large, or a file of another kind. */
export function iconEntry(
  manifest: Pick<Manifest, 'icon'>,
  entries: readonly ContentEntry[],
): ContentEntry | undefined {
  const entry = manifest.icon === undefined ? undefined : entries.find(({ path }) => path === manifest.icon)
  return entry !== undefined && entry.size <= ICON_BYTES && entry.type.startsWith('image/')
    ? entry
    : undefined
}
