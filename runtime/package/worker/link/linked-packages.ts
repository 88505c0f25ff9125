// Packages of the author's project: links in its folder, as pnpm, workspaces and "npm link" lay them out, and what npm has installed above
// the backend. They are found as Node finds them, and presented as if npm had installed them beside the backend. What linking reads of them becomes part of the package.
// Invariant: nothing outside `roots` is read; one package on disk has one place, unless names collide as they do for npm.

import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readLicenses } from '../../format/licenses/license-names.ts'
import { isWithinRoots } from '../../format/within-roots.ts'
import type { PackageFiles } from '../../types.ts'
import { folderOf, type LinkedFiles } from './resolve-paths.ts'

export interface LinkedPackagesOptions {
  /** Folder of the backend's entry. */
  readonly home: string
  /** Real path of the author's folder. */
  readonly folder: string
  /** Real folder of each package that is a link, by its path in the package. */
  readonly links: ReadonlyMap<string, string>
  /** Real paths. */
  readonly roots: readonly string[]
}

const PACKAGE = /^(?:(.*)\/)?node_modules\/((?:@[^/]+\/)?[^/]+)$/

export class LinkedPackages implements LinkedFiles {
  readonly #own: PackageFiles
  readonly #options: LinkedPackagesOptions
  /** Folders of own files. */
  readonly #folders = new Set<string>()
  /** Real folder of each package that was found, by its path in the package. */
  readonly #places = new Map<string, string>()
  readonly #reached = new Map<string, Uint8Array>()

  constructor(own: PackageFiles, options: LinkedPackagesOptions) {
    this.#own = own
    this.#options = options
    for (const path of own.keys())
      for (let folder = folderOf(path); !this.#folders.has(folder); folder = folderOf(folder))
        this.#folders.add(folder)
  }

  has(path: string): boolean {
    return this.get(path) !== undefined
  }

  get(path: string): Uint8Array | undefined {
    const known = this.#own.get(path) ?? this.#reached.get(path)
    if (known !== undefined) return known
    const real = this.#realOf(path)
    const bytes = real === undefined ? undefined : this.#read(real)
    if (bytes !== undefined) this.#reached.set(path, bytes)
    return bytes
  }

  keys(): MapIterator<string> {
    return this.#own.keys()
  }

  hasFolder(path: string): boolean {
    if (this.#places.has(path)) return true
    const [, holder = '', name] = PACKAGE.exec(path) ?? []
    if (name !== undefined && this.#find(path, { holder, name })) return true
    const real = this.#realOf(path)
    return real !== undefined && this.#folder(real) !== undefined
  }

  /** The package with every file that linking read, and the licenses of these packages. Linking it again gives the same code. */
  carried(): PackageFiles {
    for (const place of this.#places.keys())
      if (this.get(`${place}/package.json`) !== undefined) readLicenses((path) => this.get(path), place)
    return new Map([...this.#own, ...this.#reached].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Whether a package is to be found at this path; where Node would find it elsewhere, its place is chosen here. */
  #find(path: string, { holder, name }: { readonly holder: string; readonly name: string }): boolean {
    const linked = this.#options.links.get(path)
    if (linked !== undefined) return this.#put(path, linked)
    if (this.#isAbove(holder)) return this.#findAbove(path, name)
    const place = this.#placeOf(holder)
    // Within a package, Node looks upwards from where it is on disk: the way from its own folder on is decided once.
    if (place !== holder) return false
    const target = this.#lookUp(this.#places.get(place) ?? '', name)
    if (target === undefined) return false
    for (let outer = this.#outerOf(place); outer !== undefined; outer = this.#outerOf(outer)) {
      const there =
        this.#places.get(`${outer}/node_modules/${name}`) ?? this.#lookUp(this.#places.get(outer) ?? '', name)
      if (there !== undefined && there !== target) return this.#put(path, target)
    }
    const { home, links } = this.#options
    const top = `${home === '' ? '' : `${home}/`}node_modules/${name}`
    const taken = this.#places.get(top) ?? links.get(top)
    if (this.#folders.has(top) || (taken !== undefined && taken !== target)) return this.#put(path, target)
    this.#places.set(top, target)
    return path === top
  }

  /** Whether the folder holds the backend, or is its own. */
  #isAbove(holder: string): boolean {
    const { home } = this.#options
    return holder === '' || holder === home || home.startsWith(`${holder}/`)
  }

  /** For the author's own modules: from the backend's folder upwards, within the project. */
  #findAbove(path: string, name: string): boolean {
    if (this.#folders.has(path)) return false
    const { folder, home } = this.#options
    const target = this.#lookUp(join(folder, home), name)
    return target !== undefined && this.#put(path, target)
  }

  #put(path: string, target: string): true {
    this.#places.set(path, target)
    return true
  }

  /** The package that holds the path. */
  #placeOf(path: string): string | undefined {
    for (let folder = path; folder !== ''; folder = folderOf(folder))
      if (this.#places.has(folder)) return folder
    return undefined
  }

  #outerOf(place: string): string | undefined {
    return this.#placeOf(folderOf(place))
  }

  #realOf(path: string): string | undefined {
    const place = path.split('/').includes('..') ? undefined : this.#placeOf(path)
    const real = place === undefined ? undefined : this.#places.get(place)
    return place === undefined || real === undefined ? undefined : join(real, path.slice(place.length))
  }

  /** As Node does, from the real folder of a package upwards. */
  #lookUp(folder: string, name: string): string | undefined {
    for (let at = folder; isWithinRoots(at, this.#options.roots); at = dirname(at)) {
      const found = this.#folder(join(at, 'node_modules', name))
      if (found !== undefined) return found
      if (at === dirname(at)) return undefined
    }
    return undefined
  }

  /** The real path of a folder; undefined for what is none, or leads out. */
  #folder(path: string): string | undefined {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined
    return this.#inside(path)
  }

  #read(path: string): Uint8Array | undefined {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined
    const real = this.#inside(path)
    return real === undefined ? undefined : readFileSync(real)
  }

  #inside(path: string): string | undefined {
    const real = realpathSync(path)
    return isWithinRoots(real, this.#options.roots) ? real : undefined
  }
}
