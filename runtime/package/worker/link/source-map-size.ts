// Keeps source maps below what the source-map process can read in a moment: larger ones are left out, with a warning.
// Invariant: a map that is stored, and each map that it is made from, is within the limits.

import type { Problem } from '../../../../sdk/api/problems.ts'
import { SOURCE_MAP_LIMITS, type SourceMapLimits } from '../../format/source-maps.ts'

export interface MapContent {
  readonly sources: readonly unknown[]
  readonly mappings: string
}

/** What is too large about a map, as the end of a sentence; undefined for a map within the limits. */
export function excessOf(
  { sources, mappings }: MapContent,
  limits: SourceMapLimits = SOURCE_MAP_LIMITS,
): string | undefined {
  if (sources.length > limits.sources) return `${sources.length} sources, ${limits.sources} are allowed`
  const segments = segmentsIn(mappings)
  return segments > limits.segments ? `${segments} positions, ${limits.segments} are allowed` : undefined
}

/** Like excessOf(), for what can be known without reading the map. */
export function excessInBytes(bytes: number, limit: number = SOURCE_MAP_LIMITS.bytes): string | undefined {
  return bytes > limit ? `${bytes} bytes, ${limit} are allowed` : undefined
}

export function tooLarge(file: string, excess: string): Problem {
  return {
    code: 'SOURCE_MAP_TOO_LARGE',
    message: `The source map was left out: it has ${excess}`,
    hint: 'Stacks show places in the built code instead; build with fewer or smaller sources to change that',
    file,
  }
}

function segmentsIn(mappings: string): number {
  let count = 1
  for (let index = 0; index < mappings.length; index++) {
    const character = mappings.charCodeAt(index)
    if (character === COMMA || character === SEMICOLON) count++
  }
  return count
}

const COMMA = 0x2c
const SEMICOLON = 0x3b
