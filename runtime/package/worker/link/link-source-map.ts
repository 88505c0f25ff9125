// Prepares the source map that an author's bundler left in a file or beside it for esbuild: inline, and safe to parse.
// Positions then map through both maps to the author's sources.
// Invariant: a map must be part of the package; one that is unusable or too large changes nothing. esbuild follows no other
// reference: it would read the file that a comment names, and the files that a map names as sources without their content.

import { sourcePath } from './link-wrapper.ts'
import { folderOf, join } from './resolve-paths.ts'
import { excessInBytes, excessOf, type MapContent } from './source-map-size.ts'

/** `//# sourceMappingURL=index.js.map`, in the last non-empty line of a file. */
const REFERENCE = /^\/\/[#@] sourceMappingURL=([^\s'"]+)\s*$/
const MARK = ' sourceMappingURL='
/** The last comment counts: esbuild follows this one nowhere. */
const NONE = '//# sourceMappingURL=none:'
const INLINE = /^data:application\/json(?:;charset=utf-8)?;base64,/i

export interface MapSource {
  /** Text of a file of the package. */
  textOf(path: string): string | undefined
  /** Whether JSON is nested so deeply that a parser could crash. */
  isTooDeep(text: string): boolean
  /** Called for a map that is left out because of its size. */
  tooLarge(path: string, excess: string): void
}

/** The text with its map inline, or without any. Maps beside files of carried packages are not used. */
export function withSourceMap(path: string, text: string, source: MapSource): string {
  const mark = text.lastIndexOf(MARK)
  const start = mark < 0 ? -1 : text.lastIndexOf('\n', mark) + 1
  const name = start < 0 ? undefined : REFERENCE.exec(text.slice(start))?.[1]
  if (name === undefined) return mark < 0 ? text : `${text}\n${NONE}\n`
  const written = mapOf(path, name, source)
  const map = written === undefined ? undefined : harmless(written, path, source)
  const reference =
    map === undefined
      ? NONE
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

/** The map, if it is one of a usable size, with what esbuild needs of it, and names of sources that lead nowhere. */
function harmless(text: string, path: string, { isTooDeep, tooLarge }: MapSource): string | undefined {
  const inBytes = excessInBytes(text.length)
  if (inBytes === undefined && isTooDeep(text)) return undefined
  const content = inBytes === undefined ? contentOf(text) : undefined
  const excess = inBytes ?? (content && excessOf(content))
  if (excess !== undefined) tooLarge(path, excess)
  return content === undefined || excess !== undefined ? undefined : JSON.stringify(content)
}

function contentOf(text: string): MapContent | undefined {
  try {
    const map = JSON.parse(text) as Record<string, unknown>
    const { version, sources, mappings, names, sourcesContent, sourceRoot } = map
    if (version !== 3 || !Array.isArray(sources) || typeof mappings !== 'string') return undefined
    const root = typeof sourceRoot === 'string' && sourceRoot !== '' ? `${sourceRoot}/` : ''
    const content = {
      version,
      sources: sources.map((name) => `./${sourcePath(`${root}${name}`)}`),
      mappings,
      names: Array.isArray(names) ? names.map(String) : [],
      sourcesContent: Array.isArray(sourcesContent)
        ? sourcesContent.map((each) => (typeof each === 'string' ? each : null))
        : [],
    }
    return content
  } catch {
    return undefined // Not JSON, or null
  }
}
