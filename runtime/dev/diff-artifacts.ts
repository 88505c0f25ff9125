// Says what differs between two artifacts, so that a page does no more than it must.
// Invariant: when in doubt it is the larger change.

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseContentIndex } from '../package/artifact-index.ts'
import { CONTENT_BYTES, CONTENT_INDEX, type ContentIndex } from '../package/format/artifact-format.ts'
import type { Change } from './dev-events.ts'

export interface Difference {
  readonly change: Exclude<Change, 'first'>
  /** For `css`: the files that changed, below the frontend root. */
  readonly paths: readonly string[]
}

const UNKNOWN: Difference = { change: 'backend', paths: [] }

/** Compares the folders of two artifacts. Never rejects: what cannot be compared is taken for a change of everything. */
export async function diffArtifacts(before: string, after: string): Promise<Difference> {
  try {
    const [old, now] = await Promise.all([readIndex(before), readIndex(after)])
    return compare(old, now)
  } catch {
    // The older artifact may have been forgotten meanwhile.
    return UNKNOWN
  }
}

function compare(before: ContentIndex, after: ContentIndex): Difference {
  const old = new Map(before.entries.map(({ path, sha256 }) => [path, sha256]))
  const changed: string[] = []
  let cssOnly = true
  for (const { path, sha256 } of after.entries) {
    const known = old.get(path)
    old.delete(path)
    if (known === sha256) continue
    changed.push(path)
    cssOnly &&= known !== undefined && path.endsWith('.css')
  }
  const removed = [...old.keys()]
  const root = after.frontend?.root
  if (root === undefined || root !== before.frontend?.root) return UNKNOWN
  const prefix = `${root}/`
  if (![...changed, ...removed].every((path) => path.startsWith(prefix))) return UNKNOWN
  if (!cssOnly || removed.length > 0) return { change: 'frontend', paths: [] }
  return { change: 'css', paths: changed.map((path) => path.slice(prefix.length)) }
}

async function readIndex(folder: string): Promise<ContentIndex> {
  const { size } = await stat(join(folder, CONTENT_BYTES))
  return parseContentIndex(await readFile(join(folder, CONTENT_INDEX), 'utf8'), size)
}
