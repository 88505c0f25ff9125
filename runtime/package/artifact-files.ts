// The open byte files of an artifact. Reads use offsets of descriptors that were opened once; a name is never opened twice.
// Invariant: the descriptors close after the last reader that began before close(), and no reader begins after it.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { PlugbayError } from '../errors.ts'
import type { Representation } from './assets.ts'
import type { ByteCache } from './byte-cache.ts'
import { ByteSource } from './byte-source.ts'

/** Larger parts are read in pieces instead of at once. */
const MAX_WHOLE_BYTES = 256 * 1024

/** Half-open, in bytes. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export type Bytes = Uint8Array<ArrayBuffer>
export type Reading = Bytes | Promise<Bytes> | ByteSource

export class ArtifactFiles {
  readonly #folder: string
  readonly #cache: ByteCache
  readonly #handles = new Map<string, FileHandle>()
  #readers = 0
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined

  /** Opens nothing yet. */
  constructor(folder: string, cache: ByteCache) {
    this.#folder = folder
    this.#cache = cache
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  /**
   * Opens a byte file; resolves with its size. Files opened before stay open for their readers.
   * Rejects with the error of the file system, or PLUGIN_UNAVAILABLE after close(). A link in place of a file is refused.
   */
  async add(name: string): Promise<number> {
    const release = this.acquire()
    try {
      let handle = this.#handles.get(name)
      if (handle === undefined) {
        handle = await open(join(this.#folder, name), constants.O_RDONLY | constants.O_NOFOLLOW)
        this.#handles.set(name, handle)
      }
      return (await handle.stat()).size
    } finally {
      release()
    }
  }

  /** Keeps the files open until the returned function is called. Throws PLUGIN_UNAVAILABLE after close(). */
  acquire(): () => void {
    if (this.#closing !== undefined) throw new PlugbayError('PLUGIN_UNAVAILABLE', 'The artifact is closed')
    this.#readers++
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#readers--
      if (this.#readers === 0) this.#drained?.()
    }
  }

  /** Bytes when they are cached, a promise of them when they are few, otherwise a source. The bytes must not be modified. */
  read(part: Representation, range: ByteRange = { start: 0, end: part.size }): Reading {
    const whole = range.start === 0 && range.end === part.size
    // Keyed by file name: another opening of the same folder may have other copies at the same offset.
    const key = `${this.#folder}/${part.file} ${part.offset}`
    const cached = this.#cache.get(key)
    if (cached !== undefined && cached.length === part.size) {
      return whole ? cached : cached.subarray(range.start, range.end)
    }
    if (range.end - range.start > MAX_WHOLE_BYTES) return this.#source(part, range)
    const reading = this.#readWhole(part, range)
    return whole ? reading.then((bytes) => this.#remember(key, bytes)) : reading
  }

  /** All bytes of a part in memory, whatever its size. */
  readAll(part: Representation): Bytes | Promise<Bytes> {
    if (part.size <= MAX_WHOLE_BYTES) {
      const reading = this.read(part)
      if (!(reading instanceof ByteSource)) return reading
    }
    return this.#readWhole(part, { start: 0, end: part.size })
  }

  /** Resolves when the last reader is done and the files are closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #remember(key: string, bytes: Bytes): Bytes {
    if (this.#closing === undefined) this.#cache.set(key, bytes)
    return bytes
  }

  async #close(): Promise<void> {
    if (this.#readers > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    }
    this.#cache.drop(`${this.#folder}/`)
    await Promise.all([...this.#handles.values()].map((handle) => handle.close()))
  }

  async #readWhole(part: Representation, range: ByteRange): Promise<Bytes> {
    const release = this.acquire()
    try {
      const bytes = new Uint8Array(range.end - range.start)
      await this.#fill(part, { bytes, from: range.start })
      return bytes
    } finally {
      release()
    }
  }

  #source(part: Representation, range: ByteRange): ByteSource {
    const fill = (bytes: Bytes, from: number) => this.#fill(part, { bytes, from })
    return new FileSource(range, { fill, release: this.acquire() })
  }

  async #fill(part: Representation, target: { readonly bytes: Bytes; readonly from: number }): Promise<void> {
    const { bytes, from } = target
    const handle = this.#handles.get(part.file)
    if (handle === undefined) throw new PlugbayError('INTERNAL', `The file "${part.file}" is not open`)
    let done = 0
    while (done < bytes.length) {
      const position = part.offset + from + done
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position)
      if (bytesRead === 0)
        throw new PlugbayError('INTERNAL', 'The artifact is damaged: a file is shorter than its index says')
      done += bytesRead
    }
  }
}

interface OpenPart {
  readonly fill: (bytes: Bytes, from: number) => Promise<void>
  readonly release: () => void
}

/** Holds the files open until it is cancelled. */
class FileSource extends ByteSource {
  readonly #part: OpenPart
  readonly #end: number
  #at: number

  constructor({ start, end }: ByteRange, part: OpenPart) {
    super()
    this.#part = part
    this.#at = start
    this.#end = end
  }

  async read(memory: Bytes): Promise<number> {
    const length = Math.min(memory.length, this.#end - this.#at)
    if (length > 0) await this.#part.fill(memory.subarray(0, length), this.#at)
    this.#at += length
    return length
  }

  cancel(): void {
    this.#part.release()
  }
}
