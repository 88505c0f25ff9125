// A granted folder: what one plugin may do in one root, in the words of the File System standard.
// Invariant: every operation asks first whether the grant still holds; a path that leaves this file is below the granted folder.

import { randomUUID } from 'node:crypto'
import { FileError } from '../../sdk/protocol/file-error.ts'
import { isFilePath } from '../../sdk/protocol/file-names.ts'
import type { EntryKind, FileFacts } from '../../sdk/protocol/file-wire.ts'
import { PlugbayError } from '../errors.ts'
import { FileList } from './file-list.ts'
import type { FileLocks, LockedPlace } from './file-locks.ts'
import { FileWriter } from './file-writer.ts'
import type { FilesProcess } from './files-process.ts'
import { ENTRY_BYTES, type KeptSpace } from './kept-space.ts'

export type FolderMode = 'read' | 'readwrite'

export interface FolderParts {
  readonly pluginId: string
  /** What the guest reads as its name. */
  readonly name: string
  /** The same for every grant of the same folder. */
  readonly key: number
  /** Looked up for each operation: the process of the root may have been replaced. */
  readonly process: () => FilesProcess
  /** Names from the root to the granted folder. */
  readonly base: readonly string[]
  /** @throws PlugbayError when the plugin may not do that now */
  readonly permit: (mode: FolderMode) => void
  readonly locks: FileLocks
  readonly space: KeptSpace
}

/** Of one step of long work: another plugin's call waits no longer than that. */
const STEP_MS = 50

export class Folder {
  readonly #parts: FolderParts
  readonly #open = new Set<{ close(): Promise<void> }>()
  #isClosed = false

  constructor(parts: FolderParts) {
    this.#parts = parts
  }

  get pluginId(): string {
    return this.#parts.pluginId
  }

  get name(): string {
    return this.#parts.name
  }

  get key(): number {
    return this.#parts.key
  }

  /** Ends what is open in it; nothing that was not committed is left. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#open].map((each) => each.close()))
  }

  /** @throws PlugbayError HANDLE_CLOSED, or that of the grant */
  permit(mode: FolderMode): void {
    if (this.#isClosed) throw new PlugbayError('HANDLE_CLOSED', 'The folder is not granted any more')
    this.#parts.permit(mode)
  }

  async find(path: unknown, kind: EntryKind): Promise<void> {
    const call = { m: 'find', ...this.#at(path, 'read'), kind } as const
    await this.#parts.process().call<'find'>(this.pluginId, call)
  }

  /** Creates it unless it exists. */
  async create(path: unknown, kind: EntryKind): Promise<void> {
    const at = this.#entry(path, 'readwrite')
    await this.#parts.space.take(ENTRY_BYTES)
    let isNew = false
    try {
      const { result } = await this.#parts
        .process()
        .call<'create'>(this.pluginId, { m: 'create', ...at, kind })
      isNew = result
    } finally {
      if (!isNew) this.#parts.space.give(ENTRY_BYTES)
    }
  }

  async facts(path: unknown): Promise<FileFacts> {
    const call = { m: 'facts', ...this.#entry(path, 'read') } as const
    return (await this.#parts.process().call<'facts'>(this.pluginId, call)).result
  }

  /** At most `length` bytes; fewer at the end of the file. */
  async read(
    path: unknown,
    piece: { readonly version: string; readonly start: number; readonly length: number },
  ): Promise<Uint8Array> {
    const call = { m: 'read', ...this.#entry(path, 'read'), ...piece } as const
    const { bytes } = await this.#parts.process().call<'read'>(this.pluginId, call)
    return bytes ?? new Uint8Array(0)
  }

  /** Rejects with the reason of the signal, too. */
  async digest(path: unknown, algorithm: string, signal: AbortSignal): Promise<Uint8Array> {
    const at = this.#entry(path, 'read')
    const process = this.#parts.process()
    const number = process.hold()
    try {
      await process.call<'digest'>(this.pluginId, { m: 'digest', ...at, number, algorithm })
      for (;;) {
        signal.throwIfAborted()
        this.permit('read')
        const { bytes } = await process.call<'digestNext'>(this.pluginId, { m: 'digestNext', number })
        if (bytes !== undefined) return bytes
      }
    } catch (error) {
      // A process that is lost holds nothing any more.
      await process.call<'digestClose'>(this.pluginId, { m: 'digestClose', number }).catch(() => undefined)
      throw error
    } finally {
      process.release(number)
    }
  }

  async list(path: unknown): Promise<FileList> {
    const at = this.#at(path, 'read')
    const list = new FileList(this, { process: this.#parts.process(), at, mayWrite: this.#mayWrite() })
    this.#keep(list)
    return list
  }

  async remove(path: unknown, recursive: boolean): Promise<void> {
    const at = this.#entry(path, 'readwrite')
    await this.#locked(at, async () => {
      for (let isDone = false; !isDone; ) {
        this.permit('readwrite')
        const call = { m: 'remove', ...at, recursive, budgetMs: STEP_MS } as const
        const { result } = await this.#parts.process().call<'remove'>(this.pluginId, call)
        this.#parts.space.give(result.bytes + result.entries * ENTRY_BYTES)
        isDone = result.isDone
      }
    })
  }

  /** A folder keeps its parent; a file that gets another one is copied, and then removed here. */
  async move(path: unknown, target: Folder, to: unknown): Promise<void> {
    const from = this.#entry(path, 'readwrite')
    const at = target.#entry(to, 'readwrite')
    const name = at.path.at(-1)
    if (name === undefined || at.root !== from.root)
      throw new FileError('NotSupportedError', 'A file cannot be moved to another drive: write it there')
    if (at.path.join('/') === from.path.join('/')) return
    await this.#locked(from, () =>
      this.#locked(at, async () => {
        if (at.path.slice(0, -1).join('/') !== from.path.slice(0, -1).join('/'))
          return await this.#moveFar(from, target, at)
        const { result } = await this.#parts
          .process()
          .call<'rename'>(this.pluginId, { m: 'rename', ...from, to: name })
        if (result !== null) this.#parts.space.give(result + ENTRY_BYTES)
      }),
    )
  }

  /**
   * @param options.keep begins with the present content
   * @param options.isExclusive no other writer of the file may be open
   */
  async openWriter(
    path: unknown,
    options: { readonly keep: boolean; readonly isExclusive: boolean },
  ): Promise<FileWriter> {
    const at = this.#entry(path, 'readwrite')
    const release = this.#parts.locks.take(at, options.isExclusive ? 'exclusive' : 'shared')
    return await this.#startWriter(at, { from: options.keep ? at : undefined, mustExist: true, release })
  }

  async #startWriter(
    at: LockedPlace,
    {
      from,
      mustExist,
      release,
    }: {
      readonly from: LockedPlace | undefined
      readonly mustExist: boolean
      readonly release: () => void
    },
  ): Promise<FileWriter> {
    const { space, pluginId } = this.#parts
    const process = this.#parts.process()
    const number = process.hold()
    const writer = new FileWriter({ folder: this, process, number, space, release })
    try {
      await space.take(ENTRY_BYTES)
      const start = { number, token: randomUUID(), from: from?.path ?? null, mustExist }
      await process.call<'writer'>(pluginId, { m: 'writer', ...at, ...start })
      this.#keep(writer)
      if (from !== undefined) {
        const { result } = await process.call<'facts'>(pluginId, { m: 'facts', ...from })
        await writer.copy(result.size)
      }
      return writer
    } catch (error) {
      await writer.close()
      throw error
    }
  }

  async #moveFar(from: LockedPlace, target: Folder, at: LockedPlace): Promise<void> {
    const { process, pluginId } = this.#parts
    // A folder is refused before anything is made.
    await process()
      .call<'find'>(pluginId, { m: 'find', ...from, kind: 'file' })
      .catch((error: unknown) => {
        if (!(error instanceof FileError) || error.code !== 'TypeMismatchError') throw error
        throw new FileError('NotSupportedError', 'A folder cannot be moved into another one: copy its files')
      })
    const writer = await target.#startWriter(at, { from, mustExist: false, release: () => undefined })
    await writer.commit()
    const call = { m: 'remove', ...from, recursive: false, budgetMs: STEP_MS } as const
    const { result } = await process().call<'remove'>(pluginId, call)
    this.#parts.space.give(result.bytes + ENTRY_BYTES)
  }

  async #locked(at: LockedPlace, work: () => Promise<void>): Promise<void> {
    const release = this.#parts.locks.take(at, 'exclusive')
    try {
      await work()
    } finally {
      release()
    }
  }

  #keep(resource: FileList | FileWriter): void {
    this.#open.add(resource)
    resource.onClosed(() => this.#open.delete(resource))
  }

  #mayWrite(): boolean {
    try {
      this.permit('readwrite')
      return true
    } catch {
      return false // The refusal is the answer.
    }
  }

  /** The same for an entry of the granted folder. @throws likewise, and FileError NotAllowedError for the folder itself */
  #entry(path: unknown, mode: FolderMode): LockedPlace {
    const at = this.#at(path, mode)
    if (at.path.length > this.#parts.base.length) return at
    throw new FileError('NotAllowedError', 'The granted folder itself stays as it is')
  }

  /** @throws PlugbayError as permit(), or HOST_CALL_INVALID */
  #at(path: unknown, mode: FolderMode): LockedPlace {
    this.permit(mode)
    if (!isFilePath(path)) throw new PlugbayError('HOST_CALL_INVALID', 'The path is not a list of names')
    const { base, process } = this.#parts
    return { root: process().root, path: [...base, ...path] }
  }
}
