// Packages that are installed elsewhere, presented as if the plugin had them in node_modules next to its entry.
// Invariant: only regular files of the listed folders are visible; each file that was read becomes part of the package.

import { closeSync, constants, lstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readLicenses } from '../../format/licenses/license-names.ts'
import type { PackageFiles } from '../../types.ts'
import { folderOf, type LinkedFiles } from './resolve-paths.ts'

interface Place {
  /** Path in the package, such as "backend/node_modules/hono". */
  readonly at: string
  /** Path on disk. */
  readonly folder: string
}

const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)
/** Missing, below a file, a folder, a symbolic link. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'])

export class InstalledPackages implements LinkedFiles {
  readonly #own: PackageFiles
  readonly #places: readonly Place[]
  readonly #reached = new Map<string, Uint8Array>()

  /** @param packages the folder of each package, by name */
  constructor(own: PackageFiles, entry: string, packages: Readonly<Record<string, string>>) {
    this.#own = own
    const parent = folderOf(entry)
    this.#places = Object.entries(packages)
      .map(([name, folder]) => ({ at: `${parent === '' ? '' : `${parent}/`}node_modules/${name}`, folder }))
      // The plugin's own copy takes precedence.
      .filter(({ at }) => !own.has(`${at}/package.json`))
  }

  has(path: string): boolean {
    return this.get(path) !== undefined
  }

  get(path: string): Uint8Array | undefined {
    const known = this.#own.get(path) ?? this.#reached.get(path)
    const place = known === undefined ? this.#placeOf(path) : undefined
    const bytes = place === undefined ? known : readPlain(path.slice(place.at.length + 1), place.folder)
    if (bytes !== undefined && known === undefined) this.#reached.set(path, bytes)
    return bytes
  }

  keys(): MapIterator<string> {
    return this.#own.keys()
  }

  hasFolder(path: string): boolean {
    if (this.#places.some(({ at }) => at === path || at.startsWith(`${path}/`))) return true
    const place = this.#placeOf(path)
    return place !== undefined && isFolderWithin(path.slice(place.at.length + 1), place.folder)
  }

  /** The package with every file that linking read, and their licenses. Linking it again gives the same code. */
  carried(): PackageFiles {
    for (const { at } of this.#places)
      if (this.#reached.has(`${at}/package.json`)) readLicenses((path) => this.get(path), at)
    return new Map([...this.#own, ...this.#reached].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  #placeOf(path: string): Place | undefined {
    return path.split('/').includes('..')
      ? undefined
      : this.#places.find(({ at }) => path.startsWith(`${at}/`))
  }
}

/** undefined unless it is a regular file that is reached through no symbolic link. */
function readPlain(path: string, folder: string): Uint8Array | undefined {
  if (path.includes('/') && !isFolderWithin(dirname(path), folder)) return undefined
  let descriptor: number | undefined
  try {
    descriptor = openSync(join(folder, path), OPEN_FLAGS)
    return readFileSync(descriptor)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** Whether every step of the path below `folder` is a real folder, not a link. `folder` itself is trusted. */
function isFolderWithin(path: string, folder: string): boolean {
  const steps = path.split('/')
  return steps.every((_, index) => isFolder(join(folder, ...steps.slice(0, index + 1))))
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory()
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ABSENT.has(String(error.code))
}
