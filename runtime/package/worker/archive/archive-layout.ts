// Turns the files of an archive into those of a package: drops what was left behind, strips a single top folder, sorts.
// Invariant: every path in the result is a checked path, or one without its first segment.

import { isLeftBehind } from '../../format/left-behind.ts'
import type { PackageFiles } from '../../types.ts'
import type { ProblemList } from './archive-problems.ts'

const MANIFEST = 'manifest.json'

export interface LaidOut {
  /** Sorted by path. */
  readonly files: PackageFiles
  readonly links: readonly string[]
}

/** The files of the package; undefined when it is ambiguous which manifest is meant. */
export function layOut(
  all: ReadonlyMap<string, Uint8Array>,
  { links, problems }: { readonly links: readonly string[]; readonly problems: ProblemList },
): LaidOut | undefined {
  const files = new Map([...all].filter(([path]) => !isLeftBehind(path)))
  const tops = manifestFolders(files)
  const hasRoot = files.has(MANIFEST)
  // Beside a root manifest, a manifest.json in a folder may be something else: Vite writes one, and web apps have one.
  const rivals = hasRoot ? tops.filter((top) => isPluginManifest(files.get(`${top}/${MANIFEST}`))) : tops
  if (rivals.length > (hasRoot ? 0 : 1)) {
    const found = [...(hasRoot ? [MANIFEST] : []), ...rivals.map((top) => `${top}/${MANIFEST}`)]
    for (const file of found.slice(1)) {
      problems.add({
        code: 'MANIFEST_INVALID',
        message: `There is more than one manifest: "${found[0]}" and "${file}"`,
        hint: 'Zip one plugin at a time',
        file,
      })
    }
    return undefined
  }
  const [top] = tops
  const kept = links.filter((path) => !isLeftBehind(path))
  if (hasRoot || top === undefined || ![...files.keys()].every((path) => path.startsWith(`${top}/`)))
    return { files: sorted(files), links: kept }
  return {
    files: sorted(withoutTop(files, `${top}/`)),
    links: kept.map((path) => withoutPrefix(path, `${top}/`)),
  }
}

function manifestFolders(files: ReadonlyMap<string, Uint8Array>): string[] {
  return [...files.keys()]
    .filter(
      (path) => path.endsWith(`/${MANIFEST}`) && path.indexOf('/') === path.length - MANIFEST.length - 1,
    )
    .map((path) => path.slice(0, -MANIFEST.length - 1))
}

/** A cheap test instead of a parse: a key that all manifests of plugins have, and no others. */
function isPluginManifest(content: Uint8Array | undefined): boolean {
  return content !== undefined && Buffer.from(content).includes('"manifestVersion"')
}

/** A top folder is stripped only when it holds all files. */
function withoutTop(files: ReadonlyMap<string, Uint8Array>, prefix: string): ReadonlyMap<string, Uint8Array> {
  const inner = [...files].map(([path, content]) => [withoutPrefix(path, prefix), content] as const)
  return new Map(inner.filter(([path]) => !isLeftBehind(path)))
}

function withoutPrefix(path: string, prefix: string): string {
  return path.startsWith(prefix) ? path.slice(prefix.length) : path
}

function sorted(files: ReadonlyMap<string, Uint8Array>): PackageFiles {
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
