// Everything that is served in addition to the author's files: rewritten and generated pages, and compressed copies.
// Invariant: a compressed copy holds exactly the bytes that the same path and use have uncompressed.

import { mediaTypeOf } from '../../format/media-types.ts'
import type { DerivedBytes } from '../artifact/artifact-writer.ts'
import { compressAll } from './compress.ts'
import type { FrontendPlan } from './frontend.ts'

/** The parts for derived.bin. @param options.compress whether to make compressed copies */
export async function deriveParts(
  frontend: FrontendPlan,
  options: { readonly compress: boolean },
): Promise<readonly DerivedBytes[]> {
  const sources = [
    ...[...frontend.assets].map(([path, bytes]) => ({ path, use: 'own' as const, bytes })),
    ...frontend.derived,
  ]
  const compressible = options.compress
    ? sources.filter((source) => mediaTypeOf(source.path).compressible)
    : []
  const copies = await compressAll(compressible)
  return [
    ...frontend.derived.map((part) => ({ ...part, encoding: 'identity' as const })),
    ...copies.map(({ of, encoding, bytes }) => ({ path: of.path, use: of.use, encoding, bytes })),
  ]
}
