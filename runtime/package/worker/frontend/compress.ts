// Makes compressed copies of assets at install, at levels that do not delay it.
// Invariant: a copy is kept only if it is clearly smaller; the whole step reads a bounded number of bytes.

import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { isWorthKeeping, MAX_TOTAL_BYTES, MIN_BYTES } from '../../format/compression.ts'

const gzipAsync = promisify(gzip)
const brotliAsync = promisify(brotliCompress)

/** Concurrent compressions; the thread pool has four threads. */
const PARALLEL = 4
const GZIP_LEVEL = 6
const BROTLI_QUALITY = 4

export interface Compressible {
  readonly bytes: Uint8Array
}

export interface Copy<T> {
  readonly of: T
  readonly encoding: 'gzip' | 'br'
  readonly bytes: Uint8Array
}

/** The copies worth keeping, in the order of the sources; when there are too many, small sources come first. */
export async function compressAll<T extends Compressible>(
  sources: readonly T[],
): Promise<readonly Copy<T>[]> {
  const chosen = new Set<T>()
  let total = 0
  for (const source of sources.toSorted((a, b) => a.bytes.length - b.bytes.length)) {
    if (source.bytes.length < MIN_BYTES) continue
    total += source.bytes.length
    if (total > MAX_TOTAL_BYTES) break
    chosen.add(source)
  }
  const queue = sources.filter((source) => chosen.has(source))
  const results: Copy<T>[][] = queue.map(() => [])
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < queue.length; index = next++) {
      const source = queue[index]
      if (source !== undefined) results[index] = await copiesOf(source)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return results.flat()
}

async function copiesOf<T extends Compressible>(source: T): Promise<Copy<T>[]> {
  const size = source.bytes.length
  const [gz, br] = await Promise.all([
    gzipAsync(source.bytes, { level: GZIP_LEVEL }),
    brotliAsync(source.bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: size },
    }),
  ])
  const copies: Copy<T>[] = []
  if (isWorthKeeping(gz.length, size)) copies.push({ of: source, encoding: 'gzip', bytes: gz })
  if (isWorthKeeping(br.length, size)) copies.push({ of: source, encoding: 'br', bytes: br })
  return copies
}
