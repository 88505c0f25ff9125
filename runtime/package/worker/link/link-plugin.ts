// The esbuild plugin: resolves every import with our resolver, and loads every file from memory.
// Invariant: esbuild never opens a file by itself; a path outside our two namespaces fails to load.

import type { Loader, OnLoadResult, OnResolveArgs, OnResolveResult, PartialMessage, Plugin } from 'esbuild'
import type { Problem } from '../../../../sdk/api/problems.ts'
import type { ErrorCode } from '../../../../sdk/protocol/error-codes.ts'
import { disarmComputedImports } from './computed-imports.ts'
import type { ReadingOptions } from './esbuild-options.ts'
import { withSourceMap } from './link-source-map.ts'
import { BACKEND, EMPTY, ENTRY, FILES, OWN, OWN_MODULES, SDK } from './link-wrapper.ts'
import { resolveImport } from './resolve.ts'
import type { Tree } from './resolve-paths.ts'
import { tooLarge } from './source-map-size.ts'

/** Attached to esbuild's messages as their `detail`. */
export interface LinkDetail {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
  /** For a message about a whole file. */
  readonly file?: string
}

export interface PackagePlugin {
  readonly plugin: Plugin
  /** What was left out of the files so far. */
  readonly warnings: readonly Problem[]
  /** The text of a file, without a byte order mark; undefined for a file that is missing or not text. */
  textOf(path: string): string | undefined
  /** The reason for refusing an import that esbuild reports in its own words. */
  refusalOf(importer: string, specifier: string): LinkDetail | undefined
}

const LOADERS: Readonly<Record<string, Loader>> = {
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.json': 'json',
}
/** Only such names are left to esbuild, which knows whether a try or a catch surrounds the import. */
const HARMLESS = /^(?:node:|#)?[@\w][\w@./-]*$|^\.{1,2}\/[\w@./-]*$/

const JSX_SOURCE = /^[ \t]*(?:\/\*\*?|\*)[ \t]*@jsxImportSource\s/m
const JSX_RUNTIME = /@jsxRuntime\s/

/** Of one report. */
export const MAX_PROBLEMS = 100

/** esbuild's parser has no depth limit, and crashes at a million levels. */
const MAX_DEPTH = 10_000
const OPENING: ReadonlySet<number> = new Set([...'([{'].map((bracket) => bracket.charCodeAt(0)))
const CLOSING: ReadonlySet<number> = new Set([...')]}'].map((bracket) => bracket.charCodeAt(0)))
export const TOO_DEEP: LinkDetail = {
  code: 'SYNTAX_ERROR',
  message: 'The code is nested too deeply to be read',
  hint: 'Look for generated code with many thousand levels of brackets or operators',
}

export interface PluginOptions {
  /** Path of the entry module in the package. */
  readonly entry: string
  readonly reading: ReadingOptions
}

export function packagePlugin(tree: Tree, { entry, reading }: PluginOptions): PackagePlugin {
  const texts = new Map<string, string>()
  const refusals = new Map<string, LinkDetail>()
  const warnings: Problem[] = []
  let refused = 0
  const keyOf = (importer: string, specifier: string) => `${importer}\0${specifier}`

  function textOf(path: string): string | undefined {
    const known = texts.get(path)
    if (known !== undefined) return known
    const bytes = tree.files.get(path)
    if (bytes === undefined) return undefined
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      texts.set(path, text)
      return text
    } catch {
      return undefined
    }
  }

  function resolve(args: OnResolveArgs): OnResolveResult | undefined {
    if (args.namespace !== FILES)
      return args.importer === `${OWN}:${ENTRY}` && args.path === BACKEND
        ? { path: entry, namespace: FILES }
        : failed(refusedPath(args.path))
    // The build has failed already. Each message holds the whole line that it is about.
    if (refused >= MAX_PROBLEMS) return { path: EMPTY, namespace: OWN }
    const kind = args.kind === 'require-call' || args.kind === 'require-resolve' ? 'require' : 'import'
    const found = resolveImport(args.path, { file: args.importer, kind }, tree)
    // "require.resolve" needs a path on disk; there is none, so it throws when it runs.
    if (args.kind === 'require-resolve') return { path: args.path, external: true }
    if (found.kind === 'file') return { path: found.path, namespace: FILES }
    if (found.kind === 'sdk') return { path: SDK, namespace: OWN }
    if (found.kind === 'empty') return { path: EMPTY, namespace: OWN }
    refused++
    const detail: LinkDetail = { code: 'IMPORT_REFUSED', message: found.message, hint: found.hint }
    if (args.kind === 'import-statement' || !HARMLESS.test(args.path)) return failed(detail)
    refusals.set(keyOf(args.importer, args.path), detail)
    return undefined
  }

  async function load(path: string): Promise<OnLoadResult> {
    const contents = textOf(path)
    const loader = LOADERS[/\.[a-z]+$/.exec(path)?.[0] ?? '']
    if (loader === undefined) return failed({ ...refusedPath(path), file: path })
    if (contents !== undefined && nestsTooDeeply(contents)) return failed({ ...TOO_DEEP, file: path })
    if (contents !== undefined) {
      const mapped = withSourceMap(path, contents, {
        textOf,
        isTooDeep: nestsTooDeeply,
        tooLarge: (file, excess) => warnings.push(tooLarge(file, excess)),
      })
      const disarmed = await disarmComputedImports({ path, text: withJsxRuntime(mapped), loader }, reading)
      return 'errors' in disarmed ? disarmed : { contents: disarmed.text, loader }
    }
    return failed({
      code: 'SYNTAX_ERROR',
      message: 'The file is not UTF-8 text',
      hint: 'Save the file with the encoding UTF-8',
      file: path,
    })
  }

  const plugin: Plugin = {
    name: 'package',
    setup(build) {
      build.onResolve({ filter: /.*/ }, resolve)
      build.onLoad({ filter: /.*/, namespace: FILES }, ({ path }) => load(path))
      build.onLoad({ filter: /.*/, namespace: OWN }, ({ path }) => ({
        contents: OWN_MODULES[path] ?? '',
        loader: 'js',
      }))
      build.onLoad({ filter: /.*/ }, ({ path }) => failed(refusedPath(path)))
    },
  }
  return {
    plugin,
    warnings,
    textOf,
    refusalOf: (importer, specifier) => refusals.get(keyOf(importer, specifier)),
  }
}

/**
 * A pragma for the JSX source implies the automatic runtime in TypeScript, but not in esbuild.
 * Added at the end, it moves no position in the file.
 */
function withJsxRuntime(text: string): string {
  return JSX_SOURCE.test(text) && !JSX_RUNTIME.test(text) ? `${text}\n/** @jsxRuntime automatic */\n` : text
}

/** Counts brackets, ignoring strings and comments: real code stays far below the limit all the same. */
function nestsTooDeeply(text: string): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (OPENING.has(character)) {
      depth++
      if (depth > MAX_DEPTH) return true
    } else if (CLOSING.has(character) && depth > 0) depth--
  }
  return false
}

function failed(detail: LinkDetail): { readonly errors: PartialMessage[] } {
  return { errors: [{ text: detail.message, detail }] }
}

function refusedPath(path: string): LinkDetail {
  return {
    code: 'IMPORT_REFUSED',
    message: `"${path}" is not code of the package`,
    hint: 'Import files of the package only',
  }
}
