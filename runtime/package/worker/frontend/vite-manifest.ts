// Reads Vite's build manifest: the entry script, and the style sheets and chunks that belong to it.
// Invariant: the result names only files that are in the package.

import type { Problem } from '../../../../sdk/api/problems.ts'

interface Chunk {
  readonly file: string
  readonly isEntry: boolean
  readonly css: readonly string[]
  readonly assets: readonly string[]
  readonly imports: readonly string[]
}

/** What belongs to an entry. Paths below the frontend root. */
export interface ViteEntry {
  readonly entry: string
  /** Style sheets of the entry and of the chunks that it imports, in the order Vite links them. */
  readonly css: readonly string[]
  /** Chunks that the entry imports, directly or not. */
  readonly preload: readonly string[]
}

/** Of the first entry; `entry` is null without one. */
export interface ViteBuild extends Omit<ViteEntry, 'entry'> {
  readonly entry: string | null
  /** Every file of the build. */
  readonly files: ReadonlySet<string>
  /** The names of all entries: the modules that they were built from. */
  readonly sources: readonly string[]
  /** Undefined for a source that is not an entry; or the first of its files that is not in the package. */
  entryOf(source: string): ViteEntry | { readonly missing: string } | undefined
}

export type ViteOutcome =
  | { readonly ok: true; readonly build: ViteBuild }
  | { readonly ok: false; readonly problem: Problem }

/** Reads a manifest; `assets` are the paths below the frontend root. An entry whose file is missing is a problem. */
export function readViteManifest(
  text: string,
  context: { readonly file: string; readonly assets: ReadonlySet<string> },
): ViteOutcome {
  const chunks = parse(text)
  if (chunks === undefined) {
    return refuse(
      context.file,
      'The file is not a manifest of a Vite build',
      'Set build.manifest: true in vite.config and build again',
    )
  }
  const files = new Set<string>()
  for (const chunk of chunks.values()) {
    for (const file of [chunk.file, ...chunk.css, ...chunk.assets])
      if (context.assets.has(file)) files.add(file)
  }
  const { assets } = context
  const sources = [...chunks].filter(([, { isEntry }]) => isEntry).map(([source]) => source)
  const entryOf: ViteBuild['entryOf'] = (source) => {
    const chunk = chunks.get(source)
    return chunk?.isEntry === true ? partsOf(chunk, chunks, assets) : undefined
  }
  const [first] = sources
  const found = first === undefined ? undefined : entryOf(first)
  const rest = { files, sources, entryOf }
  if (found === undefined) return { ok: true, build: { entry: null, css: [], preload: [], ...rest } }
  if ('missing' in found) {
    return refuse(
      context.file,
      `The Vite manifest names "${found.missing}", which is not in the frontend folder`,
      'Build again and pack the whole output folder',
    )
  }
  return { ok: true, build: { ...found, ...rest } }
}

/** An entry that is a style sheet has no script. */
function partsOf(
  chunk: Chunk,
  chunks: ReadonlyMap<string, Chunk>,
  assets: ReadonlySet<string>,
): ViteEntry | { readonly missing: string } {
  const reached = reach(chunks, chunk)
  const css = [...new Set(reached.flatMap((each) => each.css))]
  const missing = [chunk.file, ...css].find((file) => !assets.has(file))
  if (missing !== undefined) return { missing }
  const imported = reached.filter((each) => each !== chunk && assets.has(each.file))
  return { entry: chunk.file, css, preload: [...new Set(imported.map(({ file }) => file))] }
}

/** Imported chunks first, each once, because their styles must come first too. */
function reach(chunks: ReadonlyMap<string, Chunk>, entry: Chunk): readonly Chunk[] {
  const seen = new Set<Chunk>()
  const order: Chunk[] = []
  // Each level of the stack: a chunk and how many of its imports were visited. No recursion: a hostile chain may be long.
  const stack: { chunk: Chunk; next: number }[] = [{ chunk: entry, next: 0 }]
  seen.add(entry)
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const key = top.chunk.imports[top.next++]
    if (key === undefined) {
      order.push(top.chunk)
      stack.pop()
      continue
    }
    const imported = chunks.get(key)
    if (imported === undefined || seen.has(imported)) continue
    seen.add(imported)
    stack.push({ chunk: imported, next: 0 })
  }
  return order
}

function parse(text: string): ReadonlyMap<string, Chunk> | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The caller reports it to the author.
    return undefined
  }
  if (!isRecord(value)) return undefined
  const chunks = new Map<string, Chunk>()
  for (const [key, chunk] of Object.entries(value)) {
    if (!isRecord(chunk) || typeof chunk.file !== 'string') return undefined
    chunks.set(key, {
      file: chunk.file,
      isEntry: chunk.isEntry === true,
      css: strings(chunk.css),
      assets: strings(chunk.assets),
      imports: strings(chunk.imports),
    })
  }
  return chunks
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(file: string, message: string, hint: string): ViteOutcome {
  return { ok: false, problem: { code: 'MANIFEST_INVALID', message, hint, file } }
}
