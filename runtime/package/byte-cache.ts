// Keeps the bytes of small assets that are asked for often, up to a number of bytes in all; the longest unused go first.
// Invariant: what it hands out is never written to by anyone.

export interface ByteCache {
  get(key: string): Uint8Array<ArrayBuffer> | undefined
  /** Ignores what alone would take more than a quarter of the room. */
  set(key: string, bytes: Uint8Array<ArrayBuffer>): void
  /** Forgets all keys that begin so. */
  drop(prefix: string): void
}

export function createByteCache(maxBytes: number): ByteCache {
  // A Map remembers the order of insertion: a hit moves to the end.
  const entries = new Map<string, Uint8Array<ArrayBuffer>>()
  let total = 0
  const remove = (key: string): void => {
    total -= entries.get(key)?.length ?? 0
    entries.delete(key)
  }
  return {
    get(key) {
      const bytes = entries.get(key)
      if (bytes !== undefined) {
        entries.delete(key)
        entries.set(key, bytes)
      }
      return bytes
    },
    set(key, bytes) {
      if (bytes.length > maxBytes / 4) return
      remove(key)
      entries.set(key, bytes)
      total += bytes.length
      for (const oldest of entries.keys()) {
        if (total <= maxBytes) break
        remove(oldest)
      }
    },
    drop(prefix) {
      for (const key of [...entries.keys()]) if (key.startsWith(prefix)) remove(key)
    },
  }
}
