// Packages that the zip carries in node_modules: finds them, and resolves specifiers to their files.
// Invariant: package.json is untrusted; whatever it says, the result is a file inside that package, or a refusal.

import { exports as resolveExports, imports as resolveImports } from 'resolve.exports'
import { quoted } from '../manifest/manifest-finding.ts'
import { folderOf, join, lookUp, readJson, type Tree } from './resolve-paths.ts'
import { type Refusal, refuse } from './resolve-refusals.ts'

export type ImportKind = 'import' | 'require'
export type Found = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'empty' } | Refusal

export interface PackageJson {
  readonly name: string
  readonly [field: string]: unknown
}

export interface CarriedPackage {
  readonly folder: string
  /** null when the package has none; a refusal when it cannot be read. */
  readonly json: PackageJson | Refusal | null
}

const CONDITIONS = ['worker', 'workerd', 'browser'] as const

/** "name" and the rest, "@scope/name" included; null for an invalid package name. */
export function splitSpecifier(
  specifier: string,
): { readonly name: string; readonly subpath: string } | null {
  const match = /^((?:@[^/\\%]+\/)?[^@./\\%][^/\\%]*)(?:\/(.*))?$/.exec(specifier)
  const name = match?.[1]
  if (name === undefined) return null
  const rest = match?.[2] ?? ''
  return { name, subpath: rest === '' ? '.' : `./${rest}` }
}

/** Looks for the package in the node_modules folders above the importing file. */
export function findPackage(name: string, importer: string, tree: Tree): CarriedPackage | null {
  for (let folder = folderOf(importer); ; folder = folderOf(folder)) {
    const candidate = within(folder, `node_modules/${name}`)
    if (tree.folders.has(candidate)) return { folder: candidate, json: readPackageJson(candidate, tree) }
    if (folder === '') return null
  }
}

/** The nearest folder with a package.json at or above the file: the scope of "imports" and "browser". */
export function scopeOf(file: string, tree: Tree): CarriedPackage | null {
  for (let folder = folderOf(file); ; folder = folderOf(folder)) {
    const json = readPackageJson(folder, tree)
    if (json !== null) return { folder, json }
    if (folder === '' || folder.endsWith('node_modules')) return null
  }
}

/** Resolves `subpath` ("." or "./…") of the package to a file. */
export function resolveInPackage(
  found: CarriedPackage,
  subpath: string,
  kind: ImportKind,
  tree: Tree,
): Found {
  const { folder, json } = found
  if (json !== null && isRefusal(json)) return json
  const exported = json?.exports
  if (json !== null && exported !== undefined && exported !== null) {
    return byConditions(
      found,
      json,
      () => resolveExports({ ...json }, subpath, conditionsFor(kind)) ?? [],
      tree,
    )
  }
  const path = subpath === '.' ? mainOf(folder, json, kind, tree) : lookUpIn(folder, subpath, tree)
  if (path !== null) return replaced(found, path, tree)
  const name = json?.name ?? folder.split('/node_modules/').at(-1) ?? folder
  return refuse(
    `The package ${quoted(name)} has no ${subpath === '.' ? 'entry file' : `file ${quoted(subpath)}`} in the zip`,
    `Carry the whole package in ${quoted(folder)}`,
  )
}

/** Resolves "#name" by the "imports" of the file's package; undefined when it maps to another package. */
export function resolveInternal(
  specifier: string,
  importer: string,
  kind: ImportKind,
  tree: Tree,
): Found | { readonly kind: 'other'; readonly specifier: string } {
  const scope = scopeOf(importer, tree)
  const json = scope?.json ?? null
  if (scope === null || json === null)
    return refuse(
      `${quoted(specifier)} needs "imports" in a package.json`,
      'Import the file by its relative path',
    )
  if (isRefusal(json)) return json
  let targets: readonly string[]
  try {
    targets = resolveImports({ ...json }, specifier, conditionsFor(kind)) ?? []
  } catch {
    targets = []
  }
  const [target] = targets
  if (target !== undefined && !target.startsWith('.')) return { kind: 'other', specifier: target }
  return byConditions(scope, json, () => targets, tree)
}

/**
 * The replacement for a bare specifier in the "browser" map of the importing package; undefined without one.
 * `false` in the map is an empty module.
 */
export function browserReplacement(
  specifier: string,
  importer: string,
  tree: Tree,
): string | false | undefined {
  const json = scopeOf(importer, tree)?.json
  return json === null || json === undefined || isRefusal(json) ? undefined : inBrowserMap(json, specifier)
}

/** A file of a carried package, or its replacement in the "browser" map of the package. */
export function carriedFile(path: string, tree: Tree): Found {
  const scope = scopeOf(path, tree)
  return scope === null ? { kind: 'file', path } : replaced(scope, path, tree)
}

function byConditions(
  found: CarriedPackage,
  json: PackageJson,
  resolve: () => readonly string[],
  tree: Tree,
): Found {
  let targets: readonly string[]
  try {
    targets = resolve()
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    return refuse(
      `The package ${quoted(json.name)} does not offer this: ${reason}`,
      'Import what the "exports" of the package name',
    )
  }
  for (const target of targets) {
    const inside = target.startsWith('./') ? join('', target) : null
    const path = inside === null ? null : within(found.folder, inside)
    if (path !== null && tree.files.has(path)) return replaced(found, path, tree)
  }
  return refuse(
    `The package ${quoted(json.name)} names a file that is not in the zip: ${quoted(targets[0] ?? '')}`,
    `Carry the whole package in ${quoted(found.folder)}`,
  )
}

function mainOf(folder: string, json: PackageJson | null, kind: ImportKind, tree: Tree): string | null {
  const fields =
    kind === 'import' ? [json?.browser, json?.module, json?.main] : [json?.browser, json?.main, json?.module]
  for (const field of fields) {
    const path = typeof field === 'string' ? lookUpIn(folder, field, tree) : null
    if (path !== null) return path
  }
  return lookUp(within(folder, 'index'), tree)
}

/** The file of the package at a path in it; a folder with its own package.json resolves to its main. */
function lookUpIn(folder: string, relative: string, tree: Tree): string | null {
  const inside = join('', relative)
  if (inside === null) return null
  const path = inside === '' ? folder : within(folder, inside)
  const found = lookUp(path, tree)
  if (found === path || !tree.folders.has(path) || path === folder) return found
  const json = readPackageJson(path, tree)
  return json === null || isRefusal(json) ? found : (mainOf(path, json, 'import', tree) ?? found)
}

/** The file, or its replacement in the "browser" map of its package. */
function replaced(found: CarriedPackage, path: string, tree: Tree): Found {
  const { folder, json } = found
  if (json === null || isRefusal(json)) return { kind: 'file', path }
  const key = `./${folder === '' ? path : path.slice(folder.length + 1)}`
  const instead = inBrowserMap(json, key) ?? inBrowserMap(json, key.replace(/\.js$/, ''))
  if (instead === false) return { kind: 'empty' }
  const other = instead === undefined ? null : lookUpIn(folder, instead, tree)
  return { kind: 'file', path: other ?? path }
}

function inBrowserMap(json: PackageJson, key: string): string | false | undefined {
  const { browser } = json
  if (typeof browser !== 'object' || browser === null || !Object.hasOwn(browser, key)) return undefined
  const value: unknown = Reflect.get(browser, key)
  return typeof value === 'string' || value === false ? value : undefined
}

function readPackageJson(folder: string, tree: Tree): PackageJson | Refusal | null {
  const path = within(folder, 'package.json')
  const json = readJson(path, tree)
  if (json === undefined) return null
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse(`${quoted(path)} is not a JSON object`, 'Carry the package as its registry delivers it')
  }
  const name: unknown = Reflect.get(json, 'name')
  return { ...json, name: typeof name === 'string' ? name : (folder.split('node_modules/').at(-1) ?? folder) }
}

function within(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function conditionsFor(kind: ImportKind) {
  return { unsafe: true, conditions: [...CONDITIONS, kind] }
}

function isRefusal(value: PackageJson | Refusal): value is Refusal {
  return !('name' in value)
}
