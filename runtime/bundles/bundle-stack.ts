// Maps stacks of a child process from its bundle to our sources, with the source map beside it.
// The map is read only after a failure, so that children pay nothing for it.

import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Places in a bundle that were looked up, with the text that stands for them. */
export type KnownPlaces = Map<string, string>

/** Stacks name a few hundred; a child may make up any number. */
const MAX_KNOWN = 2000

/**
 * The text, which the child may have made up, with positions in the bundle replaced by positions in our sources.
 * @param known of earlier stacks of the same bundle: the map is read only for places that are not there
 */
export function readableStack(text: string, bundle: URL, known: KnownPlaces = new Map()): string {
  const start = `${bundle.href}:`
  if (!text.includes(start)) return text
  let map: SourceMap | undefined
  let isRead = false
  const [before = '', ...rest] = text.split(start)
  const places = rest.map((part) => {
    const [place = '', line, column] = /^(\d{1,9}):(\d{1,9})/.exec(part) ?? []
    if (place === '') return start + part
    let readable = known.get(place)
    if (readable === undefined) {
      if (!isRead) map = mapOf(bundle)
      isRead = true
      readable = placeIn(map, Number(line), Number(column)) ?? start + place
      if (known.size >= MAX_KNOWN) known.clear()
      known.set(place, readable)
    }
    return readable + part.slice(place.length)
  })
  return before + places.join('')
}

function placeIn(map: SourceMap | undefined, line: number, column: number): string | undefined {
  const entry = map?.findEntry(line - 1, column - 1)
  if (entry === undefined || !('originalSource' in entry)) return undefined
  return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
}

function mapOf(bundle: URL): SourceMap | undefined {
  try {
    const text = readFileSync(`${fileURLToPath(bundle)}.map`, 'utf8')
    return new SourceMap(JSON.parse(text) as SourceMapPayload)
  } catch {
    return undefined // It runs from sources, and needs no map.
  }
}
