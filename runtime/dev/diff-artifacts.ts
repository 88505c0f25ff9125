// Finds the difference between two artifacts, so that a page does no more than necessary.
// Invariant: when in doubt it is the larger change.

import type { ContentIndex } from '../package/format/artifact-format.ts'
import type { Change } from './dev-events.ts'

export interface Difference {
  readonly change: Exclude<Change, 'first'>
  /** For `css`: the files that changed, below the frontend root. */
  readonly paths: readonly string[]
}

/** The compared parts of an artifact. */
export type Content = Pick<ContentIndex, 'entries' | 'frontend'>

const UNKNOWN: Difference = { change: 'backend', paths: [] }

export function diffArtifacts(before: Content, after: Content): Difference {
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
