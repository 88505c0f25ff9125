// Symbolic links in the folder of a plugin: which are followed, and what is said of the others.
// Invariant: what is read lies within the roots, wherever a link leads on its way there.

import { realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isWithinRoots } from '../../format/within-roots.ts'
import type { PassedLink } from '../../types.ts'

export type FollowedLink =
  | { readonly kind: 'file' | 'folder' | 'package'; readonly real: string }
  | ({ readonly kind: 'passed' } & PassedLink)

const PACKAGE = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@][^/]*$/

export interface LinkPlace {
  readonly root: string
  /** As on disk. */
  readonly name: string
  /** As in the package. */
  readonly path: string
  /** Real paths of the folders that hold it: a link to one of them would never end. */
  readonly chain: readonly string[]
}

export async function followLink(
  { root, name, path, chain }: LinkPlace,
  roots: readonly string[],
): Promise<FollowedLink> {
  const passed = (what: string, hint: string) => ({ kind: 'passed' as const, path, what, hint })
  const real = await realpath(join(root, name)).catch(() => undefined)
  if (real === undefined) return passed('is a link that leads nowhere', 'Put the file itself into the folder')
  if (!isWithinRoots(real, roots))
    return passed(
      'is a link that leads out of the project, or to a hidden file',
      'Links within the project or its workspace are followed: put the file itself into the folder',
    )
  const found = await stat(real)
  if (found.isFile()) return { kind: 'file', real }
  if (!found.isDirectory()) return passed('is a link to what is neither a file nor a folder', 'Leave it out')
  if (PACKAGE.test(path)) return { kind: 'package', real }
  if (chain.includes(real)) return passed('is a link to a folder that holds it', 'Leave it out')
  return { kind: 'folder', real }
}
