// A folder as the source of a package. In a checkout, a sample also gets its built page and the installed packages that it imports.
// Invariant: a sample is recognized by its path on disk; nothing inside a package can make it one.

import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeRoot, isCheckout } from '../bundles/code-root.ts'
import type { FolderSource } from '../package/types.ts'
import { installedPackages } from './installed-packages.ts'
import { linkRoots } from './link-roots.ts'
import { ensureSamplePage } from './sample-page.ts'

/** Sources in a checkout; zips, next to the sources, in the published package. */
export const SAMPLES = join(codeRoot(), 'sample-plugins')

/** Builds a sample's page first if it needs Vite and is missing or outdated. */
export async function folderSource(folder: string): Promise<FolderSource> {
  const path = await realpath(folder)
  if (!isCheckout() || dirname(path) !== (await realpath(SAMPLES)))
    return { kind: 'folder', path, roots: await linkRoots(path) }
  await ensureSamplePage(path)
  return { kind: 'folder', path, packages: installedPackages(path) }
}

/** The folders that the package process must be able to read. */
export function readableFolders(source: FolderSource): readonly string[] {
  return [source.path, ...(source.roots ?? []), ...Object.values(source.packages ?? {})]
}
