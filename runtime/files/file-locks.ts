// Locks of the File System standard: files that are being written, and entries that are about to be moved or removed.
// Invariant: they hold for all plugins and all handles of a root, and are taken at once or not at all.

import { FileError } from '../../sdk/protocol/file-error.ts'

export interface LockedPlace {
  readonly root: string
  readonly path: readonly string[]
}

interface Lock extends LockedPlace {
  readonly kind: 'shared' | 'exclusive'
}

export class FileLocks {
  readonly #locks = new Set<Lock>()

  /**
   * An exclusive lock is for the entry with everything in it. Returns the function that releases it.
   * @throws FileError NoModificationAllowedError
   */
  take(place: LockedPlace, kind: Lock['kind']): () => void {
    const lock: Lock = { root: place.root, path: place.path, kind }
    for (const other of this.#locks) {
      if (kind === 'shared' && other.kind === 'shared') continue
      if (touches(lock, other))
        throw new FileError('NoModificationAllowedError', 'It is being written or moved')
    }
    this.#locks.add(lock)
    return () => void this.#locks.delete(lock)
  }
}

/** Whether one is the other, or lies in it. */
function touches(one: Lock, other: Lock): boolean {
  if (one.root !== other.root) return false
  const [shorter, longer] = one.path.length < other.path.length ? [one, other] : [other, one]
  return shorter.path.every((name, index) => name === longer.path[index])
}
