// Paths inside a package: joins them, and finds the file that a path refers to.
// Invariant: the real file system is never used; a file exists if the package has an entry of that name.

import type { PackageFiles } from '../../types.ts'

export const CODE_EXTENSIONS = [
  '.js',
  '.mjs',
  '.cjs',
  '.ts',
  '.mts',
  '.cts',
  '.jsx',
  '.tsx',
  '.json',
] as const

/** What the linker needs of a package's files. */
export interface LinkedFiles extends Pick<PackageFiles, 'has' | 'get' | 'keys'> {
  /** For folders that contain none of `keys()`. */
  hasFolder?(path: string): boolean
}

/** What tsconfig.json says of names of imports. Targets are paths in the package. */
export interface PathMapping {
  /** Without a suffix, the pattern has no "*". */
  readonly patterns: readonly {
    readonly prefix: string
    readonly suffix: string | undefined
    readonly targets: readonly string[]
  }[]
  readonly baseUrl: string | undefined
  /** A file that it extends and that is not in the package. */
  readonly missing: string | undefined
}

export interface Tree {
  readonly files: LinkedFiles
  /** Every non-empty folder, without a trailing slash; "" is the package itself. */
  readonly folders: Pick<ReadonlySet<string>, 'has' | 'keys'>
  /** Parsed JSON files by path: package.json is needed again with every import. */
  readonly parsed: Map<string, unknown>
  readonly mapping: PathMapping | undefined
}

export function treeOf(files: LinkedFiles, mapping?: PathMapping): Tree {
  const folders = new Set([''])
  for (const path of files.keys()) {
    for (let folder = folderOf(path); !folders.has(folder); folder = folderOf(folder)) folders.add(folder)
  }
  const has = (path: string) => folders.has(path) || files.hasFolder?.(path) === true
  return { files, folders: { has, keys: () => folders.keys() }, parsed: new Map(), mapping }
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** The path relative to a folder, with "." and ".." resolved; null when it leaves the package. */
export function join(folder: string, relative: string): string | null {
  const segments = folder === '' ? [] : folder.split('/')
  for (const segment of relative.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined) return null
  }
  return segments.join('/')
}

/** The specifier of a file for a module in `folder`: always starts with "./" or "../". */
export function relativeTo(folder: string, path: string): string {
  const from = folder === '' ? [] : folder.split('/')
  const to = path.split('/')
  let shared = 0
  while (shared < from.length && shared < to.length - 1 && from[shared] === to[shared]) shared++
  const up = '../'.repeat(from.length - shared)
  return `${up === '' ? './' : up}${to.slice(shared).join('/')}`
}

/** Resolves a file as CommonJS does: by name, with an extension, as a folder with an index. */
export function lookUp(path: string, { files, folders }: Tree): string | null {
  if (files.has(path)) return path
  const found = CODE_EXTENSIONS.map((extension) => path + extension).find((file) => files.has(file))
  if (found !== undefined) return found
  if (!folders.has(path)) return null
  return (
    CODE_EXTENSIONS.map((extension) => `${path}/index${extension}`).find((file) => files.has(file)) ?? null
  )
}

/** The value of a JSON file; null for invalid JSON, undefined for a missing file. */
export function readJson(path: string, { files, parsed }: Tree): unknown {
  const bytes = files.get(path)
  if (bytes === undefined || parsed.has(path)) return parsed.get(path)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    value = null
  }
  parsed.set(path, value)
  return value
}

/** The file that was probably meant: another extension, a folder's index, other case. */
export function nearMiss(path: string, tree: Tree): string | null {
  const stem = path.replace(/\.[a-z]+$/, '')
  const found = lookUp(path, tree) ?? lookUp(stem, tree)
  if (found !== null) return found
  const folded = path.toLowerCase()
  return tree.files.keys().find((file) => file.toLowerCase() === folded) ?? null
}

/** Whether the path is in a carried package, as opposed to the author's own code. */
export function isCarried(path: string): boolean {
  return path.startsWith('node_modules/') || path.includes('/node_modules/')
}
