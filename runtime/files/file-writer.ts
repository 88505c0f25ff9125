// A file that is being written: under its name is the old content until commit() has resolved, and the new one after that.
// Invariant: it is committed or discarded once; what it takes of the plugin's space is given back when it is discarded.

import { FileError } from '../../sdk/protocol/file-error.ts'
import type { FilesProcess } from './files-process.ts'
import type { Folder } from './folder.ts'
import { ENTRY_BYTES, type KeptSpace } from './kept-space.ts'
import { Pieces } from './pieces.ts'

interface WriterParts {
  readonly folder: Folder
  readonly process: FilesProcess
  readonly number: number
  readonly space: KeptSpace
  /** Releases its lock. */
  readonly release: () => void
}

export class FileWriter {
  readonly #parts: WriterParts
  #size = 0
  #isClosed = false
  #onClosed: () => void = () => undefined
  /** Calls of one writer begin one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#size
  }

  onClosed(listener: () => void): void {
    this.#onClosed = listener
  }

  /** Copies what it begins with. @param size of that */
  copy(size: number): Promise<void> {
    return this.#inTurn(async () => {
      const { process, number } = this.#parts
      await this.#grow(size)
      for (let done = 0; ; ) {
        const { result } = await process.call<'copy'>(this.#plugin, { m: 'copy', number })
        if (result === 0) return
        done += result
        // It was appended to meanwhile.
        await this.#grow(done)
      }
    })
  }

  /** What follows does not wait for its end: the files process keeps the order of the calls of a writer. */
  async write(position: number, bytes: Uint8Array): Promise<void> {
    const { written } = await this.#inTurn(async () => {
      const { process, number } = this.#parts
      await this.#grow(position + bytes.byteLength)
      return { written: process.call<'write'>(this.#plugin, { m: 'write', number, position }, bytes) }
    })
    await written
  }

  /**
   * Writes all of the source, from the position on. Resolves with the position after it. Rejects when the file fails, and then stops the
   * source; and as the source does.
   */
  async writeAll(position: number, source: AsyncIterable<Uint8Array>): Promise<number> {
    const pieces = new Pieces((at, bytes) => this.write(at, bytes), position)
    try {
      for await (const chunk of source) await pieces.add(chunk)
      return await pieces.end()
    } finally {
      await pieces.settled()
    }
  }

  truncate(size: number): Promise<void> {
    return this.#inTurn(async () => {
      const { process, number, space } = this.#parts
      await this.#grow(size)
      await process.call<'truncate'>(this.#plugin, { m: 'truncate', number, size })
      space.give(this.#size - size)
      this.#size = size
    })
  }

  /** Gives the file its content, and resolves when that lasts through a power cut. */
  commit(): Promise<void> {
    return this.#inTurn(async () => {
      const { process, number, space } = this.#parts
      try {
        const { result } = await process.call<'commit'>(this.#plugin, { m: 'commit', number })
        if (result !== null) space.give(result + ENTRY_BYTES)
        this.#settle()
      } catch (error) {
        await this.close()
        throw error
      }
    })
  }

  /** Discards what was not committed. Idempotent; never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#settle()
    const { process, number, space } = this.#parts
    space.give(this.#size + ENTRY_BYTES)
    // A process that is lost leaves the file behind: worker/listings.ts removes it.
    await process.call<'discard'>(this.#plugin, { m: 'discard', number }).catch(() => undefined)
  }

  get #plugin(): string {
    return this.#parts.folder.pluginId
  }

  async #grow(size: number): Promise<void> {
    if (size <= this.#size) return
    await this.#parts.space.take(size - this.#size)
    this.#size = size
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      this.#parts.folder.permit('readwrite')
      if (this.#isClosed) throw new FileError('InvalidStateError', 'The file is not being written any more')
      return work()
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }

  #settle(): void {
    this.#isClosed = true
    this.#parts.process.release(this.#parts.number)
    this.#parts.release()
    this.#onClosed()
  }
}
