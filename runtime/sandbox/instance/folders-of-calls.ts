// Folders that an instance is given with a call: each is a handle for as long as the call is open.

import type { FolderGrant } from '../../../sdk/protocol/file-wire.ts'
import type { GivenFolders } from '../types.ts'
import type { HandleTable } from './handles.ts'

export class FoldersOfCalls {
  readonly #handles: HandleTable
  /** Handles by the key of the call. */
  readonly #open = new Map<number, readonly number[]>()

  constructor(handles: HandleTable) {
    this.#handles = handles
  }

  /** Returns the head with the handles in it. @param head an object as JSON, with at least one member */
  give(key: number, head: string, folders: GivenFolders): string {
    const grants = Object.entries(folders).map(([name, folder]): [string, FolderGrant] => [
      name,
      { handle: this.#handles.give('folder', folder), name: folder.name, key: folder.key },
    ])
    this.#open.set(
      key,
      grants.map(([, { handle }]) => handle),
    )
    return `${head.slice(0, -1)},"folders":${JSON.stringify(Object.fromEntries(grants))}}`
  }

  /** The call has ended. */
  take(key: number): void {
    if (this.#open.size === 0) return
    const handles = this.#open.get(key) ?? []
    this.#open.delete(key)
    for (const handle of handles) void this.#handles.close('folder', handle)
  }
}
