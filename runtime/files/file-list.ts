// The rest of the entries of a folder, which a guest reads a page at a time.

import type { ListedEntry } from '../../sdk/protocol/file-wire.ts'
import type { LockedPlace } from './file-locks.ts'
import type { FilesProcess } from './files-process.ts'
import type { Folder } from './folder.ts'

interface ListParts {
  readonly process: FilesProcess
  readonly at: LockedPlace
  /** Whether what a killed server has left there may be removed. */
  readonly mayWrite: boolean
}

export interface ListPage {
  readonly entries: readonly ListedEntry[]
  readonly isLast: boolean
}

export class FileList {
  readonly #folder: Folder
  readonly #parts: ListParts
  readonly #number: number
  #hasStarted = false
  #isClosed = false
  #onClosed: () => void = () => undefined

  constructor(folder: Folder, parts: ListParts) {
    this.#folder = folder
    this.#parts = parts
    this.#number = parts.process.hold()
  }

  onClosed(listener: () => void): void {
    this.#onClosed = listener
  }

  /** After the last page, and after an error, it is closed. Rejects as Folder.find(). */
  async next(): Promise<ListPage> {
    const { process, at, mayWrite } = this.#parts
    try {
      this.#folder.permit('read')
      const { result } = this.#hasStarted
        ? await process.call<'listNext'>(this.#folder.pluginId, { m: 'listNext', number: this.#number })
        : await process.call<'list'>(this.#folder.pluginId, {
            m: 'list',
            ...at,
            number: this.#number,
            mayWrite,
          })
      this.#hasStarted = true
      if (result.isLast) this.#settle()
      return result
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Idempotent; never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#settle()
    const call = { m: 'listClose', number: this.#number } as const
    // A process that is lost holds nothing any more.
    await this.#parts.process.call<'listClose'>(this.#folder.pluginId, call).catch(() => undefined)
  }

  #settle(): void {
    this.#isClosed = true
    this.#parts.process.release(this.#number)
    this.#onClosed()
  }
}
