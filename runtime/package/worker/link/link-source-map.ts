// Prepares the source map that an author's bundler left in a file or beside it for esbuild: inline, and safe to parse.
// Positions then map through both maps to the author's sources.
// Invariant: a map must be part of the package, and an unusable one changes nothing.

import { folderOf, join } from './resolve-paths.ts'

/** `//# sourceMappingURL=index.js.map`, in the last non-empty line of a file. */
const REFERENCE = /^\/\/[#@] sourceMappingURL=([^\s'"]+)\s*$/
const MARK = ' sourceMappingURL='
const INLINE = /^data:application\/json(?:;charset=utf-8)?;base64,/i

export interface MapSource {
  /** Text of a file of the package. */
  textOf(path: string): string | undefined
  /** Whether JSON is nested so deeply that a parser could crash. */
  isTooDeep(text: string): boolean
}

/** The text with its map inline, or without any. Maps of files in carried packages are left alone. */
export function withSourceMap(path: string, text: string, source: MapSource): string {
  const mark = text.lastIndexOf(MARK)
  const start = mark < 0 ? -1 : text.lastIndexOf('\n', mark) + 1
  const name = start < 0 ? undefined : REFERENCE.exec(text.slice(start))?.[1]
  if (name === undefined) return text
  const map = mapOf(path, name, source)
  const reference =
    map === undefined || source.isTooDeep(map) || !isMap(map)
      ? ''
      : `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`
  return `${text.slice(0, start)}${reference}\n`
}

function mapOf(path: string, name: string, { textOf }: MapSource): string | undefined {
  const inline = INLINE.exec(name)
  if (inline !== null) return Buffer.from(name.slice(inline[0].length), 'base64').toString()
  if (path.includes('node_modules/')) return undefined
  const mapPath = join(folderOf(path), decoded(name))
  return mapPath === null ? undefined : textOf(mapPath)
}

/** Bundlers write it as a URL. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function isMap(text: string): boolean {
  try {
    const { version, sources, mappings } = JSON.parse(text) as Record<string, unknown>
    return version === 3 && Array.isArray(sources) && typeof mappings === 'string'
  } catch {
    return false // Not JSON, or null
  }
}
