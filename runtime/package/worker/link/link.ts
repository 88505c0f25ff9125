// Links the modules of a backend into one classic script with a source map.
// Invariant: the script has no import and no export; it can reach only the package's content and what the loader passes to it.
// Known limit of esbuild: modules that import each other in a cycle, use top-level await and are also loaded by import() wait
// for each other for ever; the deadline of the loader ends that.

import { type BuildResult, build as bundle, type Message, stop } from 'esbuild'
import { SOURCE_MAP_LIMITS } from '../../format/source-maps.ts'
import type { LinkOutcome } from '../../types.ts'
import { type ReadingOptions, readingOptions } from './esbuild-options.ts'
import { type PackagePlugin, packagePlugin, TOO_DEEP } from './link-plugin.ts'
import { linkProblems } from './link-problems.ts'
import { mappingOf } from './link-tsconfig.ts'
import { BANNER, ENTRY, ENTRY_CODE, FILES, FOOTER, OWN, sourceAddress } from './link-wrapper.ts'
import { type LinkedFiles, treeOf } from './resolve-paths.ts'
import { excessInBytes, excessOf, tooLarge } from './source-map-size.ts'

const NO_MAP = '{"version":3,"sources":[],"names":[],"mappings":""}'

export interface LinkOptions {
  /** Path of the entry module in the package. */
  readonly entry: string
  /** Maximum size of the linked script in bytes; a source map that is larger is left out. */
  readonly maxCodeBytes: number
  readonly signal?: AbortSignal
  /** Called when esbuild's process has ended, by `signal` or by a crash. A confined process cannot start another one. */
  readonly onLinkerEnd?: () => void
}

/**
 * Links the backend: `code` is the script, `map` its source map as JSON. Mistakes of the author are returned as problems
 * (IMPORT_REFUSED, SYNTAX_ERROR, ENTRY_MISSING, ARCHIVE_TOO_LARGE). Rejects only with the reason of `signal`, which also ends other
 * links that run at the same time.
 * The first call starts esbuild's own process; `stopLinker` ends it.
 */
export async function linkBackend(files: LinkedFiles, options: LinkOptions): Promise<LinkOutcome> {
  const { entry, signal, onLinkerEnd } = options
  signal?.throwIfAborted()
  if (!files.has(entry))
    return refused(
      'ENTRY_MISSING',
      `The package has no file "${entry}"`,
      'Name the entry of the backend in "backend.entry"',
    )
  const reading = readingOptions(files, entry)
  const source = packagePlugin(treeOf(files, mappingOf(files, entry)), { entry, reading })
  const built = await build(bundling(reading, source), { signal, onLinkerEnd })
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
  const { map, excess } = storedMap(withAddresses(built.map, source), options.maxCodeBytes)
  const warnings = [...source.warnings, ...(excess === undefined ? [] : [tooLarge(entry, excess)])]
  return { ok: true, code: new TextDecoder().decode(built.code), map, warnings }
}

/** Ends esbuild's process. A later call of `linkBackend` starts it again. */
export async function stopLinker(): Promise<void> {
  await stop()
}

function bundling(reading: ReadingOptions, source: PackagePlugin): ReadingOptions {
  return {
    ...reading,
    // An entry point with a name is looked for in the working folder.
    stdin: { contents: ENTRY_CODE, loader: 'js', sourcefile: `${OWN}:${ENTRY}` },
    outfile: 'backend.js',
    bundle: true,
    plugins: [source.plugin],
    banner: { js: BANNER },
    footer: { js: FOOTER },
    sourcemap: 'external',
    sourcesContent: true,
    legalComments: 'none',
    charset: 'utf8',
    keepNames: true,
  }
}

interface Interruption {
  readonly signal: AbortSignal | undefined
  readonly onLinkerEnd: (() => void) | undefined
}

interface Built {
  readonly code: Uint8Array
  readonly map: string
}

async function build(
  options: ReadingOptions,
  { signal, onLinkerEnd }: Interruption,
): Promise<Built | { readonly errors: readonly Message[] } | 'crashed'> {
  let result: BuildResult<{ readonly write: false }>
  // esbuild cannot be asked to stop in the middle of its work: its process is ended. What it was doing never settles then.
  const ended = Promise.withResolvers<never>()
  const end = () => {
    void stopLinker()
    onLinkerEnd?.()
    ended.reject(signal?.reason)
  }
  signal?.addEventListener('abort', end, { once: true })
  try {
    result = await Promise.race([bundle(options), ended.promise])
  } catch (failure) {
    signal?.throwIfAborted()
    const errors = errorsOf(failure)
    if (errors !== undefined) return { errors }
    // esbuild's process has died: its parser has no depth limit and ran out of stack.
    await stopLinker()
    onLinkerEnd?.()
    return 'crashed'
  } finally {
    signal?.removeEventListener('abort', end)
  }
  const code = result.outputFiles.find((file) => file.path.endsWith('.js'))
  const map = result.outputFiles.find((file) => file.path.endsWith('.map'))
  return { code: code?.contents ?? new Uint8Array(), map: map?.text ?? '{}' }
}

function errorsOf(failure: unknown): readonly Message[] | undefined {
  const errors: unknown = failure instanceof Error ? Reflect.get(failure, 'errors') : undefined
  return Array.isArray(errors) && errors.length > 0 ? errors : undefined
}

interface BuiltMap {
  readonly sources: readonly string[]
  readonly sourcesContent?: readonly (string | null)[]
  readonly mappings: string
}

/** Sources by their addresses; files of the package as their author wrote them, without what esbuild was given instead. */
function withAddresses(text: string, { textOf }: PackagePlugin): BuiltMap {
  const map: BuiltMap = JSON.parse(text)
  const prefix = `${FILES}:`
  const contents = map.sources.map((source, index) => {
    const own = source.startsWith(prefix) ? textOf(source.slice(prefix.length)) : undefined
    return own ?? map.sourcesContent?.[index] ?? null
  })
  return { ...map, sources: map.sources.map(sourceAddress), sourcesContent: contents }
}

interface StoredMap {
  readonly map: string
  /** Why it is empty, or has no contents of sources. */
  readonly excess?: string
}

/** The map as it is kept; too large, it first loses the contents of sources, then everything. */
function storedMap(built: BuiltMap, maxCodeBytes: number): StoredMap {
  const limit = Math.min(maxCodeBytes, SOURCE_MAP_LIMITS.bytes)
  const map = { ...built, file: 'backend.js' }
  const excess = excessOf(map)
  if (excess !== undefined) return { map: NO_MAP, excess }
  let tooLong: string | undefined
  for (const each of [map, { ...map, sourcesContent: undefined }]) {
    const json = JSON.stringify(each)
    const inBytes = excessInBytes(Buffer.byteLength(json), limit)
    if (inBytes === undefined) return { map: json, ...(tooLong !== undefined && { excess: tooLong }) }
    tooLong ??= inBytes
  }
  return { map: NO_MAP, ...(tooLong !== undefined && { excess: tooLong }) }
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
