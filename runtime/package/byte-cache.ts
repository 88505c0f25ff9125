// Caches the bytes of frequently requested small assets, up to a total size; the least recently used go first.
// Invariant: the bytes that it returns are never written to.

export interface ByteCache {
  get(key: string): Uint8Array<ArrayBuffer> | undefined
  /** Ignores bytes that alone would take more than a quarter of the cache. */
  set(key: string, bytes: Uint8Array<ArrayBuffer>): void
  /** Removes all keys with this prefix. */
  drop(prefix: string): void
}

export function createByteCache(maxBytes: number): ByteCache {
  // A Map keeps insertion order: a hit moves to the end.
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
