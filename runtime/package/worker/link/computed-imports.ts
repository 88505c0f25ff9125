// Disarms import() and require() with a computed name: where esbuild bundles, it takes such a name for a pattern, and looks for
// matching files in the folders of the machine, from its own working folder upwards.
// Invariant: esbuild bundles no such call. Which calls these are is what its own parser says, not a second one.

import {
  type BuildFailure,
  build,
  type Loader,
  type Location,
  type Message,
  type PartialMessage,
} from 'esbuild'
import { type ReadingOptions, SILENCE } from './esbuild-options.ts'
import { FILES, IMPORT, REQUIRE } from './link-wrapper.ts'
import { refuseComputed, refuseCrowded } from './resolve-refusals.ts'

export interface CodeFile {
  readonly path: string
  readonly text: string
  readonly loader: Loader
}

/** The text with the same lines and columns, or why it cannot be linked. */
export type Disarmed = { readonly text: string } | { readonly errors: PartialMessage[] }

/** The ids of what esbuild says of a call whose argument it does not read as a string. */
const COMPUTED = ['unsupported-dynamic-import', 'unsupported-require-call']

/** Calls with a plain name. No such name can hide another call. */
const PLAIN = /\b(?:import|require)\(\s*(["'])[\w@./:#~+-]*\1\s*[),]/g
/** What may be another call; sooner one too many than one too few. */
const SUSPECTS = /\bimport\b(?!\s+[\w$*{]|\s*["'{*]|\s*\.\s*meta\b)|\brequire\b(?!\s*[,;=.:'"\]}])/g
/** In CommonJS, where esbuild bundles, "module.require" is "require". Plain uses of "module" lead to no call. */
const OF_MODULE = /\bmodule\b(?!\s*[,;=.:'"}&|])/
/** As esbuild prints what it has put together; where the author wrote it so, it was replaced by a definition. */
const REQUIRE_OF_MODULE = /\bmodule\d*(?:\?\.)?(?:\.|\[["'`])require\b/
/** An identifier may be written with escapes. */
const ESCAPED = /\\u(?:00|\{0*)([2-7][0-9a-f])\}?/gi
/** "./" or "../" right behind the parenthesis. */
const RELATIVE = /^\s*\(\s*["'`]\.{1,2}\//
/** Each message of esbuild holds its whole line. */
const MAX_MESSAGE_BYTES = 32_000_000
const MAX_REFUSALS = 10
const LINE_END = /\r\n|[\n\r\u2028\u2029]/g

export async function disarmComputedImports(file: CodeFile, reading: ReadingOptions): Promise<Disarmed> {
  const { path, text, loader } = file
  const plain = withoutEscapes(text).replace(PLAIN, '')
  const suspects = plain.match(SUSPECTS)?.length ?? 0
  if (suspects === 0 && !OF_MODULE.test(plain)) return { text }
  if (suspects * longestLine(text) > MAX_MESSAGE_BYTES) return { errors: [refusal(refuseCrowded(), path)] }
  const read = await readAlone({ contents: text, loader, sourcefile: `${FILES}:${path}` }, reading)
  // What esbuild cannot read alone is not bundled either: its messages are those of the file.
  if ('errors' in read) return { errors: read.errors.map((error) => inFile(error, path)) }
  if (read.hidesRequire) return { errors: [refusal(refuseComputed(), path)] }
  return disarm(file, placesOf(read.computed))
}

function withoutEscapes(text: string): string {
  if (!text.includes('\\u')) return text
  return text.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function longestLine(text: string): number {
  return Math.max(...lineStarts(text).map((start, index, all) => (all[index + 1] ?? text.length) - start))
}

interface ReadAlone {
  readonly computed: readonly Message[]
  /** Whether it reaches "require" through "module", by a name that is put together. */
  readonly hidesRequire: boolean
}

/** Without bundling esbuild resolves nothing, and says of each call that it leaves it alone. */
async function readAlone(
  stdin: { readonly contents: string; readonly loader: Loader; readonly sourcefile: string },
  reading: ReadingOptions,
): Promise<ReadAlone | { readonly errors: readonly Message[] }> {
  const said = Object.fromEntries(COMPUTED.map((id) => [id, 'warning' as const]))
  try {
    const { warnings, outputFiles } = await build({
      ...reading,
      stdin,
      legalComments: 'none',
      logOverride: { ...SILENCE, ...said },
    })
    return {
      computed: warnings.filter(({ id }) => COMPUTED.includes(id)),
      hidesRequire: outputFiles.some(({ text }) => REQUIRE_OF_MODULE.test(text)),
    }
  } catch (failure) {
    const { errors } = failure as Partial<BuildFailure>
    if (errors === undefined || errors.length === 0) throw failure
    return { errors }
  }
}

/** Each call once: one may be reported for each of its possible names. */
function placesOf(messages: readonly Message[]): readonly Location[] {
  const places = messages.flatMap(({ location }) => location ?? [])
  return [...new Map(places.map((place) => [`${place.line}:${place.column}`, place])).values()]
}

function disarm({ path, text }: CodeFile, places: readonly Location[]): Disarmed {
  const starts = lineStarts(text)
  const errors: PartialMessage[] = []
  const parts: string[] = []
  let end = 0
  for (const place of places.toSorted((a, b) => a.line - b.line || a.column - b.column)) {
    const at = (starts[place.line - 1] ?? 0) + charactersOf(place)
    const word = text.slice(at, at + place.length)
    const call = instead(word)
    const isRelative = RELATIVE.test(text.slice(at + place.length, at + place.length + 200))
    if (call === undefined || isRelative) errors.push(refusal(refuseComputed(), path, place))
    parts.push(text.slice(end, at), call ?? word)
    end = at + word.length
  }
  if (errors.length > 0) return { errors: errors.slice(0, MAX_REFUSALS) }
  return { text: [...parts, text.slice(end)].join('') }
}

/** A word of the same length that throws, or rejects, when it is called. */
function instead(word: string): string | undefined {
  if (word === 'import') return IMPORT
  return withoutEscapes(word) === 'require' ? REQUIRE.padEnd(word.length) : undefined
}

function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(LINE_END)].map(({ index, 0: end }) => index + end.length)]
}

/** esbuild counts columns in bytes. */
function charactersOf({ lineText, column }: Location): number {
  return Buffer.from(lineText).subarray(0, column).toString().length
}

function refusal(
  { message, hint }: { readonly message: string; readonly hint: string },
  path: string,
  location?: Location,
): PartialMessage {
  const code = 'IMPORT_REFUSED'
  if (location === undefined) return { text: message, detail: { code, message, hint, file: path } }
  return { text: message, location: placedIn(path, location), detail: { code, message, hint } }
}

function inFile({ text, location, notes }: Message, path: string): PartialMessage {
  return {
    text,
    location: location === null ? null : placedIn(path, location),
    notes: notes.map((note) => ({
      text: note.text,
      location: note.location === null ? null : placedIn(path, note.location),
    })),
  }
}

function placedIn(path: string, location: Location): Location {
  return { ...location, file: path, namespace: FILES }
}
