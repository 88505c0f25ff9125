// Caches the bytes of frequently requested small assets, up to a total size. Entries are removed in the order of their arrival,
// except that one that was used since it was last passed over gets a second chance ("clock", Corbató, 1968).
// Invariants: the bytes that it returns are never written to; a hit changes no Map (docs/performance.md).

export interface ByteCache {
  get(key: string): Uint8Array<ArrayBuffer> | undefined
  /** Ignores bytes that alone would take more than a quarter of the cache. */
  set(key: string, bytes: Uint8Array<ArrayBuffer>): void
  /** Removes all keys with this prefix. */
  drop(prefix: string): void
}

interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>
  wasUsed: boolean
}

export function createByteCache(maxBytes: number): ByteCache {
  /** Oldest first. */
  const entries = new Map<string, Entry>()
  let total = 0
  const remove = (key: string): void => {
    total -= entries.get(key)?.bytes.length ?? 0
    entries.delete(key)
  }
  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entry.wasUsed = true
      return entry.bytes
    },
    set(key, bytes) {
      if (bytes.length > maxBytes / 4) return
      remove(key)
      entries.set(key, { bytes, wasUsed: false })
      total += bytes.length
      // Entries that are moved to the end are met again, unused by then.
      for (const [oldest, entry] of entries) {
        if (total <= maxBytes) break
        if (entry.wasUsed) {
          entries.delete(oldest)
          entries.set(oldest, { bytes: entry.bytes, wasUsed: false })
        } else remove(oldest)
      }
    },
    drop(prefix) {
      for (const key of [...entries.keys()]) if (key.startsWith(prefix)) remove(key)
    },
  }
}
