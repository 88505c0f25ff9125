// A snapshot in packs, as `data.snapshot` sends it: sections, each a line of JSON. What a section announces goes into the pack that the server
// fills, which is read apart from it, and what is in that stands in the lines.

import type { SnapshotHead } from './manifest.ts'
import type { PackedObject } from './pack-index.ts'
import { type Hash, isHash } from './parts.ts'

export interface Section {
  readonly snapshot?: SnapshotHead
  /** In the first one: the name that packs are read by. */
  readonly packs?: string
  /** A pack has ended, with the parts since the one before. */
  readonly packed?: Packed
  /** Files of the tar in the pack that is being filled, in their order. */
  readonly parts: readonly PackedObject[]
  readonly entries: readonly Entry[]
  /** Of contents that it stands for. */
  readonly read: number
  /** By which the pack grows. */
  readonly bytes: number
  readonly isLast: boolean
}

/** The file, as the server has sent it. */
export interface Packed {
  readonly bytes: number
  readonly sha256: Hash
}

interface EntryFacts {
  readonly path: string
  readonly mode: number
  readonly time: string
}

export type Entry =
  | (EntryFacts & { readonly type: 'folder' })
  | (EntryFacts & { readonly type: 'file'; readonly size: number; readonly parts: readonly Hash[] })

interface SectionLine extends Omit<Section, 'parts' | 'entries' | 'isLast'> {
  readonly parts?: readonly string[]
  readonly entries?: readonly Entry[]
  readonly isLast?: boolean
}

const LINE_END = 10

export class SectionReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #isCancelled = false

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader()
  }

  /** Undefined where the stream ends, and when it was cancelled. */
  async next(): Promise<Section | undefined> {
    const decoder = new TextDecoder()
    let line = ''
    for (;;) {
      const end = this.#chunk.indexOf(LINE_END)
      if (end !== -1) {
        line += decoder.decode(this.#chunk.subarray(0, end))
        this.#chunk = this.#chunk.subarray(end + 1)
        break
      }
      line += decoder.decode(this.#chunk, { stream: true })
      if (!(await this.#pull())) {
        if (line === '' || this.#isCancelled) return undefined
        throw new Error('The snapshot of the server is cut off')
      }
    }
    const { parts = [], entries = [], isLast = false, ...rest } = JSON.parse(line) as SectionLine
    return { ...rest, entries, isLast, parts: parts.map(partOf) }
  }

  /** The server stops reading its data. Never rejects. */
  async cancel(reason: unknown): Promise<void> {
    this.#isCancelled = true
    await this.#reader.cancel(reason).catch(() => undefined)
  }

  async #pull(): Promise<boolean> {
    const { done, value } = await this.#reader.read()
    this.#chunk = value ?? new Uint8Array(0)
    return !done
  }
}

function partOf(text: string): PackedObject {
  const [hash, size] = [text.slice(0, 64), Number(text.slice(65))]
  if (!isHash(hash) || !Number.isSafeInteger(size)) throw new Error('The snapshot of the server is damaged')
  return { hash, size }
}
