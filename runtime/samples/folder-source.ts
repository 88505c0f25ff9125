// A folder as the source of a package. One of our own samples, in a checkout, gets what is installed and built beside it.
// Invariant: the folder is told by its place on disk; nothing that a package says makes it one of ours.

import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeRoot, isCheckout } from '../bundles/code-root.ts'
import type { FolderSource } from '../package/types.ts'
import { installedPackages } from './installed-packages.ts'
import { ensureSamplePage } from './sample-page.ts'

/** In a checkout sources, in the published package zips. */
export const SAMPLES = join(codeRoot(), 'sample-plugins')

/** Builds the page of a sample that Vite builds, where that is missing or outdated. */
export async function folderSource(folder: string): Promise<FolderSource> {
  const path = await realpath(folder)
  if (!isCheckout() || dirname(path) !== (await realpath(SAMPLES))) return { kind: 'folder', path }
  await ensureSamplePage(path)
  return { kind: 'folder', path, packages: installedPackages(path) }
}

/** What the package process has to be able to read. */
export function readableFolders(source: FolderSource): readonly string[] {
  return [source.path, ...Object.values(source.packages ?? {})]
}
