// Makes stronger compressed copies of an artifact's assets once, while the release already serves.
// Invariant: every asset that had a copy keeps one, whatever happens to a single compression.

import { PlugbayError } from '../errors.ts'
import { ArtifactFiles, type Reading } from './artifact-files.ts'
import { type AssetEntry, assetsOf, type Representation, type Variant } from './assets.ts'
import { createByteCache } from './byte-cache.ts'
import { ByteSource, piecesOf } from './byte-source.ts'
import type { CompressionProcess } from './compression-process.ts'
import { DerivedWriter } from './derived-writer.ts'
import { CONTENT_BYTES } from './format/artifact-format.ts'
import { MAX_TOTAL_BYTES, MIN_BYTES } from './format/compression.ts'
import { mediaTypeOf } from './format/media-types.ts'
import { readContent, readDerived } from './read-indexes.ts'

/** Larger assets keep the copies of the install: they would take minutes, and the memory of both processes. */
const MAX_ASSET_BYTES = 8_000_000
/** After this time, the remaining assets keep the copies of the install. */
const MAX_MS = 600_000

export interface StrongCopiesOptions {
  readonly compression: Pick<CompressionProcess, 'compress'>
  /** Called between steps; once it returns false, nothing is changed. */
  readonly wanted: () => boolean
}

export type StrongCopiesOutcome =
  /** Sizes of all derived bytes. */
  | { readonly kind: 'made'; readonly bytesBefore: number; readonly bytesAfter: number }
  /** They existed already. */
  | { readonly kind: 'present' }
  | { readonly kind: 'nothing-to-compress' }
  | { readonly kind: 'not-wanted' }

/**
 * Replaces the copies of the install with stronger ones, in the folder of an artifact.
 * Rejects with PROCESS_CRASHED, INTERNAL for a damaged artifact, or the error of the file system; then nothing has changed.
 */
export async function makeStrongCopies(
  folder: string,
  options: StrongCopiesOptions,
): Promise<StrongCopiesOutcome> {
  const files = new ArtifactFiles(folder, createByteCache(0))
  try {
    const content = await readContent(folder, files)
    const derived = await readDerived(folder, files)
    if (derived.strong) return { kind: 'present' }
    const sources = [...assetsOf(content, derived).values()].flatMap(sourcesOf)
    const chosen = choose(sources)
    if (chosen.size === 0) return { kind: 'nothing-to-compress' }
    const bytesBefore = await files.add(derived.bytes)
    const writer = await DerivedWriter.create(folder)
    try {
      const end = Date.now() + MAX_MS
      for (const source of sources) {
        if (!options.wanted()) {
          await writer.discard()
          return { kind: 'not-wanted' }
        }
        const target = { writer, files, compression: options.compression }
        await copySource(source, target, chosen.has(source) && Date.now() < end)
      }
      await writer.publish(derived.pages)
    } catch (error) {
      await writer.discard()
      throw error
    }
    return { kind: 'made', bytesBefore, bytesAfter: writer.size }
  } finally {
    await files.close()
  }
}

interface Source {
  readonly path: string
  readonly use: 'own' | 'shared'
  readonly variant: Variant
}

function sourcesOf({ path, variants: { own, shared } }: AssetEntry): Source[] {
  const source: Source = { path, use: 'own', variant: own }
  return shared === own ? [source] : [source, { path, use: 'shared', variant: shared }]
}

/** The assets to compress; small ones come first when there is too much. */
function choose(sources: readonly Source[]): ReadonlySet<Source> {
  const chosen = new Set<Source>()
  let total = 0
  for (const source of sources.toSorted((a, b) => a.variant.identity.size - b.variant.identity.size)) {
    const { size } = source.variant.identity
    if (size < MIN_BYTES || !mediaTypeOf(source.path).compressible) continue
    total += size
    if (size > MAX_ASSET_BYTES || total > MAX_TOTAL_BYTES) break
    chosen.add(source)
  }
  return chosen
}

interface Target {
  readonly writer: DerivedWriter
  readonly files: ArtifactFiles
  readonly compression: StrongCopiesOptions['compression']
}

/** Writes what is derived from one asset: rewritten pages as they are; copies are compressed again when `again` is set. */
async function copySource(source: Source, target: Target, again: boolean): Promise<void> {
  const { path, use, variant } = source
  const { writer, files, compression } = target
  const before = (part: Representation) => chunksOf(files.read(part))
  if (variant.identity.file !== CONTENT_BYTES)
    await writer.append({ path, use, encoding: 'identity' }, before(variant.identity))
  const bytes = again ? await files.readAll(variant.identity) : undefined
  for (const encoding of ['gzip', 'br'] as const) {
    const old = variant[encoding]
    const copy = bytes === undefined ? null : await compress(bytes, encoding, compression)
    if (copy !== null && (old === null || copy.length < old.size))
      await writer.append({ path, use, encoding }, [copy])
    else if (old !== null) await writer.append({ path, use, encoding }, before(old))
  }
}

/** null also for a timeout: a retry would take as long. */
async function compress(
  bytes: Uint8Array,
  encoding: 'gzip' | 'br',
  compression: StrongCopiesOptions['compression'],
): Promise<Uint8Array | null> {
  try {
    return await compression.compress(bytes, encoding)
  } catch (error) {
    if (error instanceof PlugbayError && error.code === 'DEADLINE') return null
    throw error
  }
}

async function* chunksOf(reading: Reading): AsyncGenerator<Uint8Array> {
  if (reading instanceof ByteSource) yield* piecesOf(reading)
  else yield await reading
}
