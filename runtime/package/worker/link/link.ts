// Links the modules of a backend into one classic script with a source map.
// Invariant: the script has no import and no export; it can reach only the package's content and what the loader passes to it.
// Known limit of esbuild: modules that import each other in a cycle, use top-level await and are also loaded by import() wait
// for each other for ever; the deadline of the loader ends that.

import { type BuildOptions, type BuildResult, context, type Message, stop } from 'esbuild'
import type { LinkOutcome } from '../../types.ts'
import { type PackagePlugin, packagePlugin, TOO_DEEP } from './link-plugin.ts'
import { linkProblems } from './link-problems.ts'
import { tsconfigOf } from './link-tsconfig.ts'
import { BANNER, DEFINITIONS, ENTRY, FOOTER, sourceAddress } from './link-wrapper.ts'
import { type LinkedFiles, treeOf } from './resolve-paths.ts'

export interface LinkOptions {
  /** Path of the entry module in the package. */
  readonly entry: string
  /** Maximum size of the linked script in bytes. */
  readonly maxCodeBytes: number
  readonly signal?: AbortSignal
}

/**
 * Links the backend: `code` is the script, `map` its source map as JSON. Mistakes of the author are returned as problems
 * (IMPORT_REFUSED, SYNTAX_ERROR, ENTRY_MISSING, ARCHIVE_TOO_LARGE). Rejects only with the reason of `signal`.
 * The first call starts esbuild's own process; `stopLinker` ends it.
 */
export async function linkBackend(files: LinkedFiles, options: LinkOptions): Promise<LinkOutcome> {
  const { entry, signal } = options
  signal?.throwIfAborted()
  if (!files.has(entry))
    return refused(
      'ENTRY_MISSING',
      `The package has no file "${entry}"`,
      'Name the entry of the backend in "backend.entry"',
    )
  const source = packagePlugin(treeOf(files), entry)
  const built = await build(buildOptions(files, entry, source), signal)
  if (built === 'crashed') return { ok: false, problems: [{ ...TOO_DEEP, file: entry }] }
  if ('errors' in built) return { ok: false, problems: linkProblems(built.errors, source) }
  if (built.code.length > options.maxCodeBytes) {
    return refused(
      'ARCHIVE_TOO_LARGE',
      `The linked backend has ${inMegabytes(built.code.length)}; this server allows ${inMegabytes(options.maxCodeBytes)}`,
      'Leave out what the plugin does not need',
      entry,
    )
  }
  return { ok: true, code: new TextDecoder().decode(built.code), map: withAddresses(built.map) }
}

/** Ends esbuild's process. A later call of `linkBackend` starts it again. */
export async function stopLinker(): Promise<void> {
  await stop()
}

function buildOptions(
  files: LinkedFiles,
  entry: string,
  source: PackagePlugin,
): BuildOptions & { readonly write: false } {
  return {
    entryPoints: [ENTRY],
    outfile: 'backend.js',
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'esnext',
    // V8 has no decorators yet; without "dynamic-import" a computed import() becomes a promise that rejects.
    supported: { decorators: false, 'dynamic-import': false },
    plugins: [source.plugin],
    banner: { js: BANNER },
    footer: { js: FOOTER },
    define: { ...DEFINITIONS },
    sourcemap: 'external',
    sourcesContent: true,
    legalComments: 'none',
    charset: 'utf8',
    keepNames: true,
    // Nothing outside the package has an influence: no tsconfig.json, no NODE_PATH, no working folder.
    tsconfigRaw: tsconfigOf(files, entry),
    nodePaths: [],
    absWorkingDir: '/',
    logLevel: 'silent',
  }
}

interface Built {
  readonly code: Uint8Array
  readonly map: string
}

async function build(
  options: BuildOptions & { readonly write: false },
  signal: AbortSignal | undefined,
): Promise<Built | { readonly errors: readonly Message[] } | 'crashed'> {
  let result: BuildResult<{ readonly write: false }>
  try {
    const session = await context(options)
    const cancel = () => void session.cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      signal?.throwIfAborted()
      result = await session.rebuild()
      signal?.throwIfAborted()
    } finally {
      signal?.removeEventListener('abort', cancel)
      await session.dispose()
    }
  } catch (failure) {
    signal?.throwIfAborted()
    const errors = errorsOf(failure)
    if (errors !== undefined) return { errors }
    // esbuild's process has died: its parser has no depth limit and ran out of stack. The next call starts a new one.
    await stopLinker()
    return 'crashed'
  }
  const code = result.outputFiles.find((file) => file.path.endsWith('.js'))
  const map = result.outputFiles.find((file) => file.path.endsWith('.map'))
  return { code: code?.contents ?? new Uint8Array(), map: map?.text ?? '{}' }
}

function errorsOf(failure: unknown): readonly Message[] | undefined {
  const errors: unknown = failure instanceof Error ? Reflect.get(failure, 'errors') : undefined
  return Array.isArray(errors) && errors.length > 0 ? errors : undefined
}

function withAddresses(map: string): string {
  const parsed: { sources: readonly string[] } = JSON.parse(map)
  return JSON.stringify({ ...parsed, file: 'backend.js', sources: parsed.sources.map(sourceAddress) })
}

function refused(
  code: 'ENTRY_MISSING' | 'ARCHIVE_TOO_LARGE',
  message: string,
  hint: string,
  file?: string,
): LinkOutcome {
  return { ok: false, problems: [{ code, message, hint, ...(file === undefined ? {} : { file }) }] }
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
