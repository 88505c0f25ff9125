// The sources as data for the tests of architecture: every file with its text and what it imports.

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface Import {
  /** As written: "../errors.ts", "hono", "node:fs". */
  readonly specifier: string
  /** Path from the project's root, for relative imports. */
  readonly file: string | undefined
  /** The name of the package, for imports from node_modules; undefined for relative ones and for node: modules. */
  readonly library: string | undefined
  /** Nothing of it is left at run time. */
  readonly isType: boolean
}

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

const ROOT = join(import.meta.dirname, '../..')
const STATEMENT =
  /^(?:import|export)\s+(type\s+)?(\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+(?:,\s*\{[^}]*\})?)\s+from\s+'([^'\n]+)'/gm
const FOR_EFFECT = /^import\s+'([^'\n]+)'/gm
const CALL = /\bimport\(\s*'([^'\n]+)'\s*\)/g
const TYPE_CALL = /\btypeof import\(\s*'([^'\n]+)'\s*\)/g

/** The TypeScript files that the patterns match, below the project's root, in order of their paths. */
export function sourceFiles(patterns: readonly string[], without: readonly string[]): readonly SourceFile[] {
  return globSync([...patterns], { cwd: ROOT, exclude: [...without, '**/node_modules/**', '**/dist/**'] })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8')
      return { path, text, imports: importsOf(path, text) }
    })
}

function importsOf(path: string, text: string): readonly Import[] {
  const found: Import[] = []
  const add = (specifier: string, isType: boolean) => {
    const isRelative = specifier.startsWith('.')
    const [scopeOrName = '', name] = specifier.split('/')
    found.push({
      specifier,
      isType,
      file: isRelative ? normalize(join(dirname(path), specifier)).replaceAll('\\', '/') : undefined,
      library:
        isRelative || specifier.startsWith('node:')
          ? undefined
          : scopeOrName.startsWith('@')
            ? `${scopeOrName}/${name}`
            : scopeOrName,
    })
  }
  for (const [, type, names = '', specifier = ''] of text.matchAll(STATEMENT))
    add(specifier, type !== undefined || namesOnlyTypes(names))
  for (const [, specifier = ''] of text.matchAll(FOR_EFFECT)) add(specifier, false)
  const rest = text.replace(TYPE_CALL, (_, specifier: string) => {
    add(specifier, true)
    return ''
  })
  for (const [, specifier = ''] of rest.matchAll(CALL)) add(specifier, false)
  return found
}

/** `{ type A, type B }` leaves nothing behind but the import itself, which verbatimModuleSyntax keeps: it is loaded. */
function namesOnlyTypes(names: string): boolean {
  const [, inner] = /^\{([^}]*)\}$/.exec(names) ?? []
  if (inner === undefined) return false
  const items = inner.split(',').filter((item) => item.trim() !== '')
  return items.length > 0 && items.every((item) => /^\s*type\s/.test(item))
}
