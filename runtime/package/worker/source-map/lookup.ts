// Looks positions up in source maps.
// Invariant: a map over the limits is not parsed; no result is larger than its positions and one frame.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { originalPositionFor, sourceContentFor, TraceMap } from '@jridgewell/trace-mapping'
import { codeFrame } from '../../../../sdk/text/code-frame.ts'
import {
  type AuthorPosition,
  type LookupJob,
  type LookupResult,
  MAX_FILE_NAME,
  SOURCE_MAP_LIMITS,
} from '../../format/source-maps.ts'

/** Parsed maps kept: of the plugin that fails now, and of the one before. */
const MAX_MAPS = 2

/** The function throws when the map cannot be read. */
export function createLookup(): (job: LookupJob) => LookupResult {
  const maps = new Map<string, TraceMap>()
  const load = (path: string): TraceMap => {
    const map = maps.get(path) ?? readMap(path)
    // The oldest come first in a Map.
    maps.delete(path)
    for (const oldest of maps.keys()) if (maps.size >= MAX_MAPS) maps.delete(oldest)
    maps.set(path, map)
    return map
  }
  return ({ map: path, positions, frame }) => {
    const map = load(path)
    const originals = positions.map(({ line, column }) =>
      originalPositionFor(map, { line, column: column - 1 }),
    )
    const first = originals.find(({ source }) => source !== null)
    const content = !frame || first === undefined ? null : sourceContentFor(map, first.source ?? '')
    return {
      found: originals.map(authorPosition),
      frame:
        content === null || first === undefined
          ? null
          : codeFrame(content, first.line ?? 1, (first.column ?? 0) + 1),
    }
  }
}

function readMap(path: string): TraceMap {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size > SOURCE_MAP_LIMITS.bytes) throw new Error(`The source map has ${size} bytes`)
    return new TraceMap(readFileSync(file, 'utf8'))
  } finally {
    closeSync(file)
  }
}

function authorPosition({
  source,
  line,
  column,
}: ReturnType<typeof originalPositionFor>): AuthorPosition | null {
  if (source === null || line === null || column === null) return null
  return { file: source.replace(/^plugin:\/\/\//, '').slice(0, MAX_FILE_NAME), line, column: column + 1 }
}
