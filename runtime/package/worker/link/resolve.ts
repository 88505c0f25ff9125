// Resolves an import to a file of the package, or to a refusal.
// Invariant: the result is always a file of the package, one of our own virtual modules, or a refusal; never a real path.

import { builtinModules } from 'node:module'
import { quoted } from '../manifest/manifest-finding.ts'
import { nearest } from '../manifest/manifest-suggest.ts'
import { type Mapped, mappedFile, ownFile } from './resolve-own.ts'
import {
  browserReplacement,
  carriedFile,
  type Found,
  findPackage,
  type ImportKind,
  resolveInPackage,
  resolveInternal,
  scopeOf,
  splitSpecifier,
} from './resolve-package.ts'
import {
  CODE_EXTENSIONS,
  folderOf,
  isCarried,
  join,
  lookUp,
  nearMiss,
  relativeTo,
  type Tree,
} from './resolve-paths.ts'
import {
  type Refusal,
  refuse,
  refuseAbsolute,
  refuseBuiltin,
  refuseLeaving,
  refuseMissingPackage,
  refuseNotCode,
  refuseScheme,
} from './resolve-refusals.ts'

export type { ImportKind } from './resolve-package.ts'

export type Resolution = Found | { readonly kind: 'sdk' }

export interface Importer {
  /** The importing file: a path in the package. */
  readonly file: string
  readonly kind: ImportKind
}

const BUILTINS: ReadonlySet<string> = new Set(builtinModules)
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:|^\/\//

/**
 * Resolves an import in a file of the package. Own files are found as tsc and esbuild do; files of carried packages as in CommonJS.
 */
export function resolveImport(specifier: string, importer: Importer, tree: Tree): Resolution {
  if (specifier === 'plugbay/sdk') return { kind: 'sdk' }
  const found = followBrowserMap(specifier, importer, tree)
  if (found.kind !== 'file' || CODE_EXTENSIONS.some((extension) => found.path.endsWith(extension)))
    return found
  return refuseNotCode(specifier)
}

function followBrowserMap(specifier: string, importer: Importer, tree: Tree): Found {
  if (!isCarried(importer.file) || specifier.startsWith('.'))
    return resolveSpecifier(specifier, importer, tree)
  const instead = browserReplacement(specifier, importer.file, tree)
  if (instead === false) return { kind: 'empty' }
  // A replacement is relative to the package, not to the importing file.
  if (instead?.startsWith('.')) return resolveReplacement(instead, importer, tree)
  return resolveSpecifier(instead ?? specifier, importer, tree)
}

function resolveReplacement(path: string, importer: Importer, tree: Tree): Found {
  const scope = scopeOf(importer.file, tree)
  return scope === null
    ? refuseLeaving(path)
    : resolveInPackage({ ...scope, json: null }, path, importer.kind, tree)
}

function resolveSpecifier(specifier: string, importer: Importer, tree: Tree): Found {
  const mapped =
    isCarried(importer.file) || specifier.startsWith('.') ? undefined : mappedFile(specifier, tree)
  if (mapped !== undefined && 'path' in mapped) return { kind: 'file', path: mapped.path }
  const found = resolveUnmapped(specifier, importer, tree)
  return found.kind === 'refused' ? explained(found, { mapped, specifier, tree }) : found
}

/** Says what tsconfig.json has to do with it. */
function explained(
  refusal: Refusal,
  {
    mapped,
    specifier,
    tree,
  }: { readonly mapped: Mapped | undefined; readonly specifier: string; readonly tree: Tree },
): Refusal {
  if (mapped !== undefined && 'target' in mapped)
    return refuse(
      `"paths" of tsconfig.json lead ${quoted(specifier)} to ${quoted(mapped.target)}, which is not in the package`,
      'Add the file, or move it below the folder of the backend',
    )
  const missing = tree.mapping?.missing
  if (missing === undefined || specifier.startsWith('.')) return refusal
  const note = `tsconfig.json extends ${quoted(missing)}, which is not in the package, so its "paths" are not known`
  return { ...refusal, hint: `${refusal.hint}. ${note}` }
}

function resolveUnmapped(specifier: string, importer: Importer, tree: Tree): Found {
  if (specifier.startsWith('node:')) return refuseBuiltin(specifier)
  if (SCHEME.test(specifier)) return refuseScheme(specifier)
  if (specifier.startsWith('/') || /^[\\~]/.test(specifier)) return refuseAbsolute(specifier)
  if (/^\.{1,2}(?:\/|$)/.test(specifier)) return resolveRelative(specifier, importer, tree)
  if (specifier.startsWith('#')) {
    const internal = resolveInternal(specifier, importer.file, importer.kind, tree)
    return internal.kind === 'other' ? resolveBare(internal.specifier, importer, tree) : internal
  }
  return resolveBare(specifier, importer, tree)
}

function resolveRelative(specifier: string, { file }: Importer, tree: Tree): Found {
  const folder = folderOf(file)
  const path = join(folder, specifier)
  if (path === null) return refuseLeaving(specifier)
  const own = isCarried(file) ? null : ownFile(path, tree, specifier.endsWith('/'))
  if (own !== null) return { kind: 'file', path: own }
  const found = isCarried(file) ? carriedFile(lookUp(path, tree) ?? path, tree) : null
  if (found !== null && (found.kind !== 'file' || tree.files.has(found.path))) return found
  const near = nearMiss(path, tree)
  return refuse(
    `The package has no file ${quoted(path)}`,
    near === null
      ? 'Add the file, or correct its name'
      : `Write ${quoted(relativeTo(folder, near))}: names are case-sensitive`,
  )
}

function resolveBare(specifier: string, importer: Importer, tree: Tree): Found {
  const parts = splitSpecifier(specifier)
  if (parts === null)
    return refuse(
      `${quoted(specifier)} is not the name of a file or a package`,
      'Import a file of the package by its relative path, such as "./file.js"',
    )
  const found = findPackage(parts.name, importer.file, tree)
  if (found !== null) return resolveInPackage(found, parts.subpath, importer.kind, tree)
  if (BUILTINS.has(specifier) || BUILTINS.has(parts.name)) return refuseBuiltin(specifier)
  return refuseMissingPackage(parts.name, nearOf(parts.name, specifier, importer, tree))
}

/** A carried package of a similar name, or an own file that was named without "./". */
function nearOf(name: string, specifier: string, importer: Importer, tree: Tree): string | undefined {
  const folder = folderOf(importer.file)
  const own = join(folder, specifier)
  if (own !== null && tree.files.has(own)) return relativeTo(folder, own)
  const carried = [...tree.folders.keys()].flatMap(
    (path) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^@/][^/]*)$/.exec(path)?.[1] ?? [],
  )
  return nearest(name, carried)
}
