// A snapshot in parts, as `data.snapshot` sends it: sections, each a line of JSON and a frame of zstd that it announces. The frame passes through as
// it comes; what is in it stands in the line.

import type { SnapshotHead } from './manifest.ts'
import type { PackedObject } from './pack-index.ts'
import { type Bytes, type Hash, isHash } from './parts.ts'

export interface Section {
  readonly snapshot?: SnapshotHead
  /** The files of the tar in the frame, in their order. */
  readonly parts: readonly PackedObject[]
  readonly entries: readonly Entry[]
  /** Of contents that it stands for. */
  readonly read: number
  /** Of the frame. */
  readonly bytes: number
  readonly isLast: boolean
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
  #left = 0

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader()
  }

  /** Undefined where the stream ends. The bytes of the section before must have been read. */
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
        if (line === '') return undefined
        throw cutOff()
      }
    }
    const { parts = [], entries = [], isLast = false, ...rest } = JSON.parse(line) as SectionLine
    this.#left = rest.bytes
    return { ...rest, entries, isLast, parts: parts.map(partOf) }
  }

  /** The bytes of the section, as they come. */
  async *pieces(): AsyncGenerator<Bytes> {
    while (this.#left > 0) {
      if (this.#chunk.byteLength === 0 && !(await this.#pull())) throw cutOff()
      const piece = this.#chunk.subarray(0, this.#left) as Bytes
      this.#chunk = this.#chunk.subarray(piece.byteLength)
      this.#left -= piece.byteLength
      yield piece
    }
  }

  /** The server stops reading its data. Never rejects. */
  async cancel(reason: unknown): Promise<void> {
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

function cutOff(): Error {
  return new Error('The snapshot of the server is cut off')
}
