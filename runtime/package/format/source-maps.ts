// Source maps of linked backends: how large one may be, and what the source-map process is asked.

/**
 * What a backend of several thousand files and 10 MB of code stays below. Parsing a map at all three limits takes about a
 * second and 300 MB, in a process of its own.
 */
export const SOURCE_MAP_LIMITS = {
  /** Of its JSON; and it may not be larger than the code may be (packages.maxCodeBytes). */
  bytes: 20_000_000,
  sources: 20_000,
  /** Positions that it knows. */
  segments: 2_000_000,
} as const

export type SourceMapLimits = Readonly<Record<keyof typeof SOURCE_MAP_LIMITS, number>>

/** In a linked script; 1-based. */
export interface ScriptPosition {
  readonly line: number
  readonly column: number
}

/** In a file of the author; 1-based. */
export interface AuthorPosition extends ScriptPosition {
  readonly file: string
}

/** Longer names of files are cut: a map can hold any. */
export const MAX_FILE_NAME = 300

export interface LookupJob {
  /** Path of the source map. */
  readonly map: string
  readonly positions: readonly ScriptPosition[]
  /** Whether to return the lines around the first position that was found. */
  readonly frame: boolean
}

export interface LookupResult {
  /** For each position of the job; null where the map has no entry. */
  readonly found: readonly (AuthorPosition | null)[]
  readonly frame: string | null
}
