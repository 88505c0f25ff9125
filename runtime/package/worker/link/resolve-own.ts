// Finds the author's own file that an import means, as tsc and esbuild find it: "./x.js" is x.ts, "./x" is x.ts or x/index.ts, and
// "paths" of tsconfig.json give names to folders.
// Invariant: the result is a file of the package, or null.

import { join, type PathMapping, type Tree } from './resolve-paths.ts'

/** As esbuild tries them: TypeScript first, since a build beside it is its output. */
const ENDINGS = ['.tsx', '.ts', '.mts', '.cts', '.jsx', '.js', '.mjs', '.cjs', '.json'] as const
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
}

/** @param isFolder the import ends with a slash */
export function ownFile(path: string, { files, folders }: Tree, isFolder = false): string | null {
  const first = (candidates: readonly string[]) => candidates.find((file) => files.has(file)) ?? null
  if (!isFolder) {
    const ending = /\.[a-z]+$/.exec(path)?.[0] ?? ''
    const stem = path.slice(0, path.length - ending.length)
    const found = first([
      path,
      ...(SOURCES[ending] ?? []).map((source) => stem + source),
      ...ENDINGS.map((each) => path + each),
    ])
    if (found !== null) return found
  }
  return folders.has(path) ? first(ENDINGS.map((each) => `${path}/index${each}`)) : null
}

export type Mapped =
  | { readonly path: string }
  /** "paths" name it, and there is no such file. */
  | { readonly target: string }

/** Undefined when tsconfig.json says nothing of the name. */
export function mappedFile(specifier: string, tree: Tree): Mapped | undefined {
  const { mapping } = tree
  if (mapping === undefined) return undefined
  const match = bestMatch(specifier, mapping)
  const targets = match?.targets.map((target) => target.replace('*', () => match.rest)) ?? []
  for (const target of targets) {
    const path = join('', target)
    const found = path === null ? null : ownFile(path, tree)
    if (found !== null) return { path: found }
  }
  const based = mapping.baseUrl === undefined ? null : join(mapping.baseUrl, specifier)
  const found = based === null ? null : ownFile(based, tree)
  if (found !== null) return { path: found }
  const [target] = targets
  // "*" says something of every name.
  return target === undefined || match?.prefix === '' ? undefined : { target }
}

/** An exact name, else the pattern with the longest beginning. */
function bestMatch(specifier: string, { patterns }: PathMapping) {
  let best:
    | { readonly prefix: string; readonly rest: string; readonly targets: readonly string[] }
    | undefined
  for (const { prefix, suffix, targets } of patterns) {
    if (suffix === undefined) {
      if (prefix === specifier) return { prefix, rest: '', targets }
      continue
    }
    const fits =
      specifier.length >= prefix.length + suffix.length &&
      specifier.startsWith(prefix) &&
      specifier.endsWith(suffix)
    if (!fits || (best !== undefined && best.prefix.length >= prefix.length)) continue
    best = { prefix, rest: specifier.slice(prefix.length, specifier.length - suffix.length), targets }
  }
  return best
}
