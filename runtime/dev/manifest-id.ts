// The id in a manifest that may have any mistake: the checks of the package report those.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Undefined where there is none that could be one. */
export async function idIn(folder: string): Promise<string | undefined> {
  try {
    return idOf(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
  } catch {
    return undefined
  }
}

export function idOf(manifest: unknown): string | undefined {
  const id = (manifest as { id?: unknown } | null)?.id
  return typeof id === 'string' && /^[a-z][a-z0-9-]{1,62}$/.test(id) ? id : undefined
}
