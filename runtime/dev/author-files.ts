// Files of the author, named by what came from outside: stacks, and pages.
// Invariant: only regular files within the plugin's own folder, links followed, and nothing of ".plugbay".

import { readFile, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

const MAX_BYTES = 1_000_000

/** Its real path; undefined for anything else. */
export async function authorFile(folder: string, file: string): Promise<string | undefined> {
  try {
    const root = await realpath(folder)
    const path = await realpath(join(root, file))
    const inside = relative(root, path)
    const isOutside = inside === '' || inside === '..' || inside.startsWith(`..${sep}`)
    if (isOutside || inside.startsWith('.plugbay')) return undefined
    return (await stat(path)).isFile() ? path : undefined
  } catch {
    return undefined // Bundled from sources elsewhere, or changed since
  }
}

/** Its text; undefined for anything else, and for a large file. */
export async function authorText(folder: string, file: string): Promise<string | undefined> {
  const path = await authorFile(folder, file)
  try {
    if (path === undefined || (await stat(path)).size > MAX_BYTES) return undefined
    return await readFile(path, 'utf8')
  } catch {
    return undefined // Removed meanwhile
  }
}
