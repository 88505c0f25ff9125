// The open byte files of an artifact. Reads go to offsets of descriptors that were opened once.
// Invariant: the descriptors close after the last reader that began before close(), and no reader begins after it.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { PlugbayError } from '../errors.ts'
import type { Representation } from './assets.ts'
import type { ByteCache } from './byte-cache.ts'
import { CONTENT_BYTES, DERIVED_BYTES } from './worker/artifact-format.ts'

/** Up to this size bytes are read at once; what is larger streams. */
const MAX_WHOLE_BYTES = 256 * 1024
const CHUNK_BYTES = 128 * 1024

/** Half-open, in bytes. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export type Bytes = Uint8Array<ArrayBuffer>
export type Reading = Bytes | Promise<Bytes> | ReadableStream<Bytes>

export class ArtifactFiles {
  readonly #handles: Readonly<Record<Representation['file'], FileHandle>>
  readonly #cache: ByteCache
  readonly #key: string
  #readers = 0
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined

  private constructor(
    handles: ArtifactFiles['handles'],
    options: { readonly cache: ByteCache; readonly key: string },
  ) {
    this.#handles = handles
    this.#cache = options.cache
    this.#key = options.key
  }

  /** Rejects with the error of the file system. A link in place of a file is refused. */
  static async open(
    folder: string,
    options: { readonly cache: ByteCache; readonly key: string },
  ): Promise<ArtifactFiles> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW
    const content = await open(join(folder, CONTENT_BYTES), flags)
    try {
      return new ArtifactFiles({ content, derived: await open(join(folder, DERIVED_BYTES), flags) }, options)
    } catch (error) {
      await content.close()
      throw error
    }
  }

  get handles(): Readonly<Record<Representation['file'], FileHandle>> {
    return this.#handles
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

  /** The bytes when they are remembered, a promise of them when they are few, else a stream. Nobody may write to them. */
  read(part: Representation, range: ByteRange = { start: 0, end: part.size }): Reading {
    const whole = range.start === 0 && range.end === part.size
    const key = `${this.#key} ${part.file} ${part.offset}`
    const cached = this.#cache.get(key)
    if (cached !== undefined && cached.length === part.size) {
      return whole ? cached : cached.subarray(range.start, range.end)
    }
    if (range.end - range.start > MAX_WHOLE_BYTES) return this.#stream(part, range)
    const reading = this.#readWhole(part, range)
    return whole ? reading.then((bytes) => this.#remember(key, bytes)) : reading
  }

  /** All bytes of a part in memory, however many. */
  readAll(part: Representation): Bytes | Promise<Bytes> {
    if (part.size <= MAX_WHOLE_BYTES) {
      const reading = this.read(part)
      if (!(reading instanceof ReadableStream)) return reading
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
    this.#cache.drop(`${this.#key} `)
    await Promise.all([this.#handles.content.close(), this.#handles.derived.close()])
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

  #stream(part: Representation, range: ByteRange): ReadableStream<Bytes> {
    const release = this.acquire()
    let at = range.start
    return new ReadableStream<Bytes>(
      {
        pull: async (controller) => {
          const bytes = new Uint8Array(Math.min(CHUNK_BYTES, range.end - at))
          try {
            await this.#fill(part, { bytes, from: at })
          } catch (error) {
            release()
            throw error
          }
          at += bytes.length
          controller.enqueue(bytes)
          if (at >= range.end) {
            controller.close()
            release()
          }
        },
        cancel: release,
      },
      { highWaterMark: 0 },
    )
  }

  async #fill(part: Representation, target: { readonly bytes: Bytes; readonly from: number }): Promise<void> {
    const { bytes, from } = target
    let done = 0
    while (done < bytes.length) {
      const position = part.offset + from + done
      const { bytesRead } = await this.#handles[part.file].read(bytes, done, bytes.length - done, position)
      if (bytesRead === 0)
        throw new PlugbayError('INTERNAL', 'The artifact is damaged: a file is shorter than its index says')
      done += bytesRead
    }
  }
}
