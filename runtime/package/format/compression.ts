// What the two steps of compression agree on: copies at install (compress.ts), stronger ones later (compress-main.ts).

/** Smaller assets fit into one packet anyway. */
export const MIN_BYTES = 1000
/** Read by a step in all. What is beyond is served as it is. */
export const MAX_TOTAL_BYTES = 20_000_000

/** A copy that is hardly smaller is not worth its place, nor the browser's time. Sizes in bytes. */
export function isWorthKeeping(copy: number, source: number): boolean {
  return copy < source * 0.95
}

/** What the compression process is asked. A copy is fetched in slices: a frame to the runtime holds no more. */
export type CompressionJob =
  /** The source is the body. Answered with a CompressionSize; the copy is kept until the next source comes. */
  | { readonly encoding: 'gzip' | 'br' }
  /** Answered with the bytes of the copy from there, at most SLICE_BYTES. */
  | { readonly from: number }

export interface CompressionSize {
  readonly size: number
}

export const SLICE_BYTES = 1024 * 1024
