// Turns the files of an archive or a folder into those of a package: drops junk, strips a single top folder, sorts.
// Invariant: every path in the result is a checked path, or one without its first segment.

import type { PackageFiles } from '../../types.ts'
import type { ProblemList } from './archive-problems.ts'

const MANIFEST = 'manifest.json'

/** Junk that macOS and git leave behind, at any depth. */
export function isJunk(path: string): boolean {
  return path
    .split('/')
    .some((segment) => segment === '__MACOSX' || segment === '.DS_Store' || segment === '.git')
}

/** The files of the package, sorted by path; undefined when it is ambiguous which manifest is meant. */
export function layOut(
  all: ReadonlyMap<string, Uint8Array>,
  problems: ProblemList,
): PackageFiles | undefined {
  const files = new Map([...all].filter(([path]) => !isJunk(path)))
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
  return sorted(hasRoot || top === undefined ? files : withoutTop(files, `${top}/`))
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
  const paths = [...files]
  if (!paths.every(([path]) => path.startsWith(prefix))) {
    return files
  }
  return new Map(paths.map(([path, content]) => [path.slice(prefix.length), content]))
}

function sorted(files: ReadonlyMap<string, Uint8Array>): PackageFiles {
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
