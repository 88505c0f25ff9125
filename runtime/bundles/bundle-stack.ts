// Maps stacks of a child process from its bundle to our sources, with the source map beside it.
// The map is read only after a failure, so that children pay nothing for it.

import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { fileURLToPath } from 'node:url'

/** The text, which the child may have made up, with positions in the bundle replaced by positions in our sources. */
export function readableStack(text: string, bundle: URL): string {
  const start = `${bundle.href}:`
  if (!text.includes(start)) return text
  const map = mapOf(bundle)
  if (map === undefined) return text
  const [before = '', ...rest] = text.split(start)
  const places = rest.map((part) => {
    const [place = '', line, column] = /^(\d{1,9}):(\d{1,9})/.exec(part) ?? []
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1)
    if (place === '' || !('originalSource' in entry)) return start + part
    const { originalSource, originalLine, originalColumn } = entry
    return `${originalSource}:${originalLine + 1}:${originalColumn + 1}${part.slice(place.length)}`
  })
  return before + places.join('')
}

function mapOf(bundle: URL): SourceMap | undefined {
  try {
    const text = readFileSync(`${fileURLToPath(bundle)}.map`, 'utf8')
    return new SourceMap(JSON.parse(text) as SourceMapPayload)
  } catch {
    return undefined // It runs from sources, and needs no map.
  }
}
