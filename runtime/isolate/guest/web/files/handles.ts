// Handles of files and folders in granted folders: the File System standard over host calls.
// Invariant: a handle is a granted folder and names below it; every use is checked by the host again.

import { isFileName } from '../../../../../sdk/protocol/file-names.ts'
import type { EntryKind, FileFacts, FolderGrant, ListedPage } from '../../../../../sdk/protocol/file-wire.ts'
import type { HostCall } from '../../env/host-calls.ts'
import { CallSite } from '../base/call-site.ts'
import { DOMException } from '../base/dom-exception.ts'
import { SafeUint8Array, toUpperCase } from '../base/primordials.ts'
import { defineInterface, isObject, requireArguments, toDictionary, toText, toUsv } from '../base/webidl.ts'
import { type File, makeRemoteFile } from '../fetch/blob.ts'
import { ask } from './ask.ts'
import { fileReader } from './remote-file.ts'
import { createWritableStream, type FileSystemWritableFileStream } from './writable.ts'

interface HandleState {
  readonly call: HostCall
  readonly folder: FolderGrant
  readonly kind: EntryKind
  /** Another one after move(). */
  path: readonly string[]
}

const DIGESTS: ReadonlySet<string> = new Set(['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'])
const FROM_HOST = Object.freeze({})
let stateOf: (handle: FileSystemHandle) => HandleState
let isHandle: (value: unknown) => value is FileSystemHandle

/**
 * A file or a folder in a folder that the host has granted: a volume of `env.volumes`, or a folder of an action.
 * @deviation `remove()` and `move()` are there, as in browsers, beside the standard
 */
export class FileSystemHandle {
  readonly #state: HandleState

  static {
    stateOf = (handle) => handle.#state
    isHandle = (value): value is FileSystemHandle =>
      typeof value === 'object' && value !== null && #state in value
  }

  constructor(token?: unknown, state?: unknown) {
    if (token !== FROM_HOST) throw new TypeError('Illegal constructor')
    this.#state = state as HandleState
  }

  get kind(): EntryKind {
    return this.#state.kind
  }

  get name(): string {
    const { path, folder } = this.#state
    return path.at(-1) ?? folder.name
  }

  async isSameEntry(other: unknown): Promise<boolean> {
    requireArguments(arguments.length, 1, 'isSameEntry()')
    if (!isHandle(other)) throw new TypeError('isSameEntry() takes a handle')
    const one = this.#state
    const two = stateOf(other)
    return one.kind === two.kind && one.folder.key === two.folder.key && isSamePath(one.path, two.path)
  }

  async remove(options?: unknown): Promise<void> {
    const { recursive = false } = toDictionary(options, 'The options of remove()')
    const { call, folder, path } = this.#state
    await ask(call, 'files.remove', [folder.handle, path, Boolean(recursive)])
  }

  /** `move(name)`, `move(folder)` or `move(folder, name)`. A folder can be renamed; a file replaces one of that name. */
  async move(target: unknown, name?: unknown): Promise<void> {
    requireArguments(arguments.length, 1, 'move()')
    const state = this.#state
    const { call, folder, path } = state
    const into = isHandle(target) ? stateOf(target) : undefined
    if (into?.kind === 'file') throw new TypeError('A file holds no entries')
    const text = toUsv(into === undefined ? target : (name ?? ''))
    const last = into !== undefined && text === '' ? this.name : nameOf(text)
    const above = into?.path ?? path.slice(0, -1)
    const to = [...above, last]
    const toFolder = into?.folder ?? folder
    if (path.length === 0) throw new DOMException('A granted folder stays where it is', 'NotAllowedError')
    await ask(call, 'files.move', [folder.handle, path, toFolder.handle, to])
    if (toFolder.key === folder.key) state.path = to
  }
}
defineInterface(FileSystemHandle, 'FileSystemHandle', 0)

/**
 * @deviation There is no `createSyncAccessHandle()`: the standard has it for the origin's private files only. `digest()` is there, for what
 * needs not be read: the content stays where it is
 */
export class FileSystemFileHandle extends FileSystemHandle {
  /** The content is read when it is asked for: `stream()` and `slice()` hold a chunk of it at a time. Its `type` is empty. */
  async getFile(): Promise<File> {
    const { call, folder, path } = stateOf(this)
    const { head } = await ask(call, 'files.facts', [folder.handle, path])
    const { size, lastModified, version } = head as FileFacts
    const read = fileReader({ call, handle: folder.handle, path, version })
    return makeRemoteFile({ size, read }, { name: this.name, lastModified })
  }

  /** `digest('SHA-256')`: as `crypto.subtle.digest()` of the content, whatever its size; `SHA-1`, `SHA-384` and `SHA-512`, too. */
  async digest(algorithm: unknown): Promise<ArrayBuffer> {
    requireArguments(arguments.length, 1, 'digest()')
    const { call, folder, path } = stateOf(this)
    const name = isObject(algorithm) ? (algorithm as { readonly name?: unknown }).name : algorithm
    const asked = toUpperCase(toText(name))
    if (!DIGESTS.has(asked)) throw new DOMException('The algorithm is not supported', 'NotSupportedError')
    const { body } = await ask(call, 'files.digest', [folder.handle, path, asked])
    return new SafeUint8Array(body ?? []).buffer as ArrayBuffer
  }

  async createWritable(options?: unknown): Promise<FileSystemWritableFileStream> {
    const { keepExistingData = false, mode = 'siloed' } = toDictionary(
      options,
      'The options of createWritable()',
    )
    if (mode !== 'siloed' && mode !== 'exclusive')
      throw new TypeError('The mode of createWritable() is "siloed" or "exclusive"')
    const { call, folder, path } = stateOf(this)
    const { head } = await ask(call, 'files.openWriter', [
      folder.handle,
      path,
      Boolean(keepExistingData),
      mode,
    ])
    return createWritableStream(call, (head as { readonly writer: number }).writer)
  }
}
defineInterface(FileSystemFileHandle, 'FileSystemFileHandle', 0)

/** Entries that are neither files nor folders, such as links, are left out, and cannot be opened. */
export class FileSystemDirectoryHandle extends FileSystemHandle {
  async getFileHandle(name: unknown, options?: unknown): Promise<FileSystemFileHandle> {
    requireArguments(arguments.length, 1, 'getFileHandle()')
    return new FileSystemFileHandle(FROM_HOST, await find(stateOf(this), { name, options, kind: 'file' }))
  }

  async getDirectoryHandle(name: unknown, options?: unknown): Promise<FileSystemDirectoryHandle> {
    requireArguments(arguments.length, 1, 'getDirectoryHandle()')
    const found = await find(stateOf(this), { name, options, kind: 'directory' })
    return new FileSystemDirectoryHandle(FROM_HOST, found)
  }

  async removeEntry(name: unknown, options?: unknown): Promise<void> {
    requireArguments(arguments.length, 1, 'removeEntry()')
    const { recursive = false } = toDictionary(options, 'The options of removeEntry()')
    const { call, folder, path } = stateOf(this)
    await ask(call, 'files.remove', [folder.handle, [...path, nameOf(toUsv(name))], Boolean(recursive)])
  }

  /** The names that lead from this folder to the handle; null for one that is not in it. */
  async resolve(possibleDescendant: unknown): Promise<string[] | null> {
    requireArguments(arguments.length, 1, 'resolve()')
    if (!isHandle(possibleDescendant)) throw new TypeError('resolve() takes a handle')
    const own = stateOf(this)
    const other = stateOf(possibleDescendant)
    const isWithin = isSamePath(own.path, other.path.slice(0, own.path.length))
    return own.folder.key === other.folder.key && isWithin ? other.path.slice(own.path.length) : null
  }

  async *entries(): AsyncGenerator<[string, FileSystemHandle], undefined> {
    for await (const handle of children(stateOf(this))) yield [handle.name, handle]
  }

  async *keys(): AsyncGenerator<string, undefined> {
    for await (const handle of children(stateOf(this))) yield handle.name
  }

  async *values(): AsyncGenerator<FileSystemHandle, undefined> {
    yield* children(stateOf(this))
  }

  [Symbol.asyncIterator](): AsyncGenerator<[string, FileSystemHandle], undefined> {
    return this.entries()
  }
}
defineInterface(FileSystemDirectoryHandle, 'FileSystemDirectoryHandle', 0)

/** The handle of a granted folder. */
export function grantedFolder(call: HostCall, folder: FolderGrant): FileSystemDirectoryHandle {
  const state: HandleState = { call, folder, kind: 'directory', path: [] }
  return new FileSystemDirectoryHandle(FROM_HOST, state)
}

/** Leaving the loop early closes the list. */
async function* children({ call, folder, path }: HandleState): AsyncGenerator<FileSystemHandle, undefined> {
  const site = new CallSite()
  let page = (await ask(call, 'files.list', [folder.handle, path])).head as ListedPage
  try {
    for (;;) {
      for (const { name, kind } of page.entries) {
        const state: HandleState = { call, folder, kind, path: [...path, name] }
        yield kind === 'file'
          ? new FileSystemFileHandle(FROM_HOST, state)
          : new FileSystemDirectoryHandle(FROM_HOST, state)
      }
      const { next } = page
      if (next === null) return
      page = { entries: [], next: null }
      // A failure has closed it.
      page = (await ask(call, 'files.next', [next])).head as ListedPage
    }
  } finally {
    // Ending a loop early leaves no place of the plugin on the stack.
    if (page.next !== null) await site.marking(ask(call, 'files.endList', [page.next]))
  }
}

async function find(
  { call, folder, path }: HandleState,
  asked: { readonly name: unknown; readonly options: unknown; readonly kind: EntryKind },
): Promise<HandleState> {
  const { create = false } = toDictionary(asked.options, 'The options of a handle')
  const { kind } = asked
  const below = [...path, nameOf(toUsv(asked.name))]
  await ask(call, create ? 'files.create' : 'files.find', [folder.handle, below, kind])
  return { call, folder, kind, path: below }
}

function nameOf(name: string): string {
  if (!isFileName(name)) throw new TypeError('It cannot be the name of a file or folder')
  return name
}

function isSamePath(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index])
}
