// Constants shared by the two compression steps: copies at install (compress.ts), stronger ones later (compress-main.ts).

/** Smaller assets fit into one packet anyway. */
export const MIN_BYTES = 1000
/** Total bytes that a step reads. The remaining assets are served uncompressed. */
export const MAX_TOTAL_BYTES = 20_000_000

/** A copy that is hardly smaller is not worth its space, nor the browser's time. Sizes in bytes. */
export function isWorthKeeping(copy: number, source: number): boolean {
  return copy < source * 0.95
}

/** The calls to the compression process. A copy is fetched in slices, because frames to the runtime are limited. */
export type CompressionJob =
  /** The body is the source. Replies with a CompressionSize; the copy is kept until the next source. */
  | { readonly encoding: 'gzip' | 'br' }
  /** Replies with the bytes of the copy from this offset, at most SLICE_BYTES. */
  | { readonly from: number }

export interface CompressionSize {
  readonly size: number
}

export const SLICE_BYTES = 1024 * 1024
