// Bundles of our own sources. In a checkout each is rebuilt when its sources have changed, and cached by content; the published
// package ships them beside this file.
// Invariant: a cached bundle is used only when its bytes and all its sources are unchanged.

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildOptions } from 'esbuild'
import { cacheFolder } from './cache-folder.ts'
import { codeRoot, isCheckout } from './code-root.ts'
import { FileHashes } from './file-hashes.ts'
import { replaceFile, sha256 } from './kept-file.ts'

export interface BundleSpec {
  readonly name: string
  /** Relative to the code root. */
  readonly source: string
  readonly extension: '.mjs' | '.js'
  readonly options: BuildOptions
}

export interface BuiltBundle {
  readonly code: string
  readonly map: string
  /** Its input files, relative to the code root. */
  readonly inputs: readonly string[]
}

/** The inputs of a cached bundle. */
interface Receipt {
  /** Version of esbuild, and its options. */
  readonly made: string
  /** File name of the bundle, in the same folder. */
  readonly file: string
  readonly sha256: string
  /** Hashes of the sources by path. */
  readonly inputs: Readonly<Record<string, string>>
}

/** Bundles unused for this long are swept: a running server may still start children from an old one. */
const SWEEP_MS = 24 * 3_600_000

/** The path of a bundle; undefined in a checkout without a cache folder. Throws what esbuild throws. */
export function bundlePath(
  spec: BundleSpec,
  folder = isCheckout() ? cacheFolder() : undefined,
): string | undefined {
  if (!isCheckout()) return fileURLToPath(new URL(`./${spec.name}${spec.extension}`, import.meta.url))
  if (folder === undefined) return undefined
  const hashes = hashesIn(folder)
  const path = keptBundle(spec, folder, hashes) ?? makeBundle(spec, folder, hashes)
  hashes.save()
  return path
}

const hashesByFolder = new Map<string, FileHashes>()

function hashesIn(folder: string): FileHashes {
  const known = hashesByFolder.get(folder) ?? new FileHashes(folder)
  hashesByFolder.set(folder, known)
  return known
}

/** Bundles the sources, about 50 to 150 ms. */
export function buildBundle(spec: BundleSpec): BuiltBundle {
  // Loaded here: a start with a complete cache needs no esbuild.
  const { buildSync } = esbuild()
  const { outputFiles, metafile } = buildSync({
    ...optionsOf(spec),
    absWorkingDir: codeRoot(),
    outfile: join(codeRoot(), `${spec.name}${spec.extension}`),
    metafile: true,
    write: false,
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'silent',
  })
  const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  return {
    code: text(spec.extension),
    map: text('.map'),
    inputs: Object.keys(metafile.inputs).filter((path) => !path.startsWith('(')),
  }
}

function optionsOf({ source, options }: BundleSpec): BuildOptions {
  return { entryPoints: [source], bundle: true, ...options }
}

function keptBundle(spec: BundleSpec, folder: string, hashes: FileHashes): string | undefined {
  const receipt = readReceipt(join(folder, receiptOf(spec)))
  if (receipt === undefined || receipt.made !== madeBy(spec)) return undefined
  const path = join(folder, receipt.file)
  if (hashes.of(path) !== receipt.sha256) return undefined
  const root = codeRoot()
  const isSame = ([input, hash]: [string, string]) => hashes.of(join(root, input)) === hash
  return Object.entries(receipt.inputs).every(isSame) ? path : undefined
}

/** Concurrent builds produce the same files: the bundle is named by its content, and the receipt is written last. */
function makeBundle(spec: BundleSpec, folder: string, hashes: FileHashes): string | undefined {
  const { code, map, inputs } = buildBundle(spec)
  const hash = sha256(code).toString('hex')
  const file = `${spec.name}-${hash.slice(0, 16)}${spec.extension}`
  const receipt: Receipt = {
    made: madeBy(spec),
    file,
    sha256: hash,
    inputs: Object.fromEntries(inputs.map((path) => [path, hashes.of(join(codeRoot(), path)) ?? ''])),
  }
  replaceFile(join(folder, file), code)
  replaceFile(join(folder, `${file}.map`), map)
  replaceFile(join(folder, receiptOf(spec)), JSON.stringify(receipt))
  sweep(folder, new RegExp(`^${spec.name}-[0-9a-f]{16}\\.`))
  return join(folder, file)
}

function sweep(folder: string, pattern: RegExp): void {
  for (const name of readdirSync(folder).filter((name) => pattern.test(name))) {
    const path = join(folder, name)
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY
    if (Date.now() - made > SWEEP_MS) rmSync(path, { force: true })
  }
}

function receiptOf({ name }: BundleSpec): string {
  return `${name}.receipt.json`
}

function readReceipt(path: string): Receipt | undefined {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as Partial<Receipt>
    return typeof found.file === 'string' && typeof found.inputs === 'object' ? (found as Receipt) : undefined
  } catch {
    return undefined // Missing or incomplete
  }
}

function madeBy(spec: BundleSpec): string {
  const { version } = requireHere()('esbuild/package.json') as { readonly version: string }
  return sha256(JSON.stringify([version, optionsOf(spec)])).toString('hex')
}

function esbuild(): typeof import('esbuild') {
  return requireHere()('esbuild') as typeof import('esbuild')
}

function requireHere(): NodeJS.Require {
  return createRequire(import.meta.url)
}
