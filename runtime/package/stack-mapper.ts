// Maps stacks of one linked backend to the author's files, lines and names, as the source-map process finds them.
// Invariant: at most one lookup of a backend waits, however many of its requests fail; a map that could not be read is left
// alone for a while.

import { PlugbayError } from '../errors.ts'
import type { AuthorPosition, LookupResult, ScriptPosition } from './format/source-maps.ts'

export interface StackMapper {
  /** The stack with positions in the author's files; unchanged where the map has no entry. Rejects without a readable map. */
  map(stack: string): Promise<string>
  /** The innermost position of a stack in the author's files, with the lines around it; empty without one. */
  place(stack: string): Promise<Partial<AuthorPosition> & { readonly frame?: string }>
}

/** Asks the source-map process; `positions` is called when it is the turn of this lookup. */
export type LookUp = (positions: () => readonly ScriptPosition[], frame: boolean) => Promise<LookupResult>

/** A position in a linked script: `plugin:///<id>/backend.js:12:34`. */
const PLACE = /plugin:\/\/\/[a-z0-9-]+\/backend\.js:(\d{1,9}):(\d{1,9})/g
/** A stack has fewer; what a plugin prints may have more. */
const MAX_PLACES = 100
/** Of one lookup, for all that fail meanwhile. */
const MAX_WANTED = 500
/** A plugin fails at few places. */
const MAX_KNOWN = 1000
const REST_MS = 60_000
/** How long an error waits for its positions. */
const PATIENCE_MS = 10_000

type Known = Map<string, AuthorPosition | null>

interface Batch {
  readonly wanted: Map<string, ScriptPosition>
  readonly done: Promise<void>
}

export class LinkedStackMapper implements StackMapper {
  readonly #ask: LookUp
  readonly #known: Known = new Map()
  #batch: Batch | undefined
  #restsUntil = 0

  constructor(ask: LookUp) {
    this.#ask = ask
  }

  async map(stack: string): Promise<string> {
    const found = await this.#positionsOf(stack)
    return stack
      .split('\n')
      .filter((line) => !(line.trimStart().startsWith('at ') && line.includes('plugbay:guest')))
      .join('\n')
      .replace(PLACE, (place, line: string, column: string) => {
        const original = found.get(`${line}:${column}`)
        return original == null ? place : `${original.file}:${original.line}:${original.column}`
      })
  }

  async place(stack: string): ReturnType<StackMapper['place']> {
    const found = await this.#positionsOf(stack)
    for (const [key, position] of placesIn(stack)) {
      const original = found.get(key)
      if (original == null) continue
      const { frame } = await this.#ask(() => [position], true)
      return frame === null ? original : { ...original, frame }
    }
    return {}
  }

  async #positionsOf(stack: string): Promise<Known> {
    const places = placesIn(stack)
    const missing = [...places].filter(([key]) => !this.#known.has(key))
    if (missing.length > 0) await this.#lookUp(missing)
    return new Map([...places.keys()].map((key) => [key, this.#known.get(key) ?? null]))
  }

  async #lookUp(missing: readonly (readonly [string, ScriptPosition])[]): Promise<void> {
    if (performance.now() < this.#restsUntil) throw new Error('The source map could not be read lately')
    this.#batch ??= this.#nextBatch()
    const { wanted, done } = this.#batch
    for (const [key, position] of missing) if (wanted.size < MAX_WANTED) wanted.set(key, position)
    await within(PATIENCE_MS, done)
  }

  /** It takes positions until its turn comes. */
  #nextBatch(): Batch {
    const wanted = new Map<string, ScriptPosition>()
    const end = () => {
      if (this.#batch === batch) this.#batch = undefined
    }
    const positions = () => {
      end()
      return [...wanted.values()]
    }
    const batch: Batch = { wanted, done: this.#fill(positions, wanted).finally(end) }
    return batch
  }

  async #fill(positions: () => readonly ScriptPosition[], wanted: Batch['wanted']): Promise<void> {
    try {
      const { found } = await this.#ask(positions, false)
      for (const [index, key] of [...wanted.keys()].entries()) this.#remember(key, found[index] ?? null)
    } catch (error) {
      this.#restsUntil = performance.now() + REST_MS
      throw error
    }
  }

  #remember(key: string, original: AuthorPosition | null): void {
    this.#known.set(key, original)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) return
      this.#known.delete(oldest)
    }
  }
}

/** By "line:column", the innermost first. */
function placesIn(stack: string): Map<string, ScriptPosition> {
  const places = new Map<string, ScriptPosition>()
  for (const [, line, column] of stack.matchAll(PLACE)) {
    places.set(`${line}:${column}`, { line: Number(line), column: Number(column) })
    if (places.size >= MAX_PLACES) break
  }
  return places
}

/** Others may keep the process busy; what it finds later is known to the next stack. */
async function within(ms: number, done: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new PlugbayError('DEADLINE', `No position within ${ms} ms`)), ms)
  try {
    await Promise.race([done, promise])
  } finally {
    clearTimeout(timer)
  }
}
