// The entries in key-value storage, newest first.
// Invariant: keys sort newest first, so a page of entries is one page of keys.

import type { Kv } from 'plugbay/sdk'
import type { NewEntry } from './read-entry.ts'

export interface Entry extends NewEntry {
  readonly id: string
  /** ISO 8601. */
  readonly time: string
}

interface StoredEntry extends Entry {
  /** Returned to the writer only; its holder may delete the entry. */
  readonly key: string
}

export interface EntryPage {
  readonly entries: readonly Entry[]
  readonly cursor: string | null
}

export type Removal = 'removed' | 'unknown' | 'refused'

const PREFIX = 'entry:'
/** After the year 5000; makes later times smaller, and all of them equally long. */
const END_OF_TIME = 99_999_999_999_999

export function createEntries(kv: Kv) {
  return {
    async list(options: { readonly limit: number; readonly cursor: string | undefined }): Promise<EntryPage> {
      const { limit, cursor } = options
      const page = await kv.list({ prefix: PREFIX, limit, ...(cursor !== undefined && { cursor }) })
      const stored = await Promise.all(page.keys.map(({ name }) => kv.get<StoredEntry>(name, 'json')))
      // An entry may be deleted between the two steps.
      const entries = stored.filter((entry) => entry !== null).map(({ key: _, ...entry }) => entry)
      return { entries, cursor: page.list_complete ? null : (page.cursor ?? null) }
    },

    /** The response holds the key, once. */
    async add(entry: NewEntry): Promise<StoredEntry> {
      const now = Date.now()
      const id = `${END_OF_TIME - now}-${crypto.randomUUID().slice(0, 8)}`
      const stored = { id, time: new Date(now).toISOString(), ...entry, key: crypto.randomUUID() }
      await kv.put(PREFIX + id, JSON.stringify(stored))
      return stored
    },

    async remove(
      id: string,
      by: { readonly key: string | undefined; readonly mayDeleteAny: boolean },
    ): Promise<Removal> {
      if (!/^\d{14}-[0-9a-f]{8}$/.test(id)) return 'unknown'
      const entry = await kv.get<StoredEntry>(PREFIX + id, 'json')
      if (entry === null) return 'unknown'
      if (by.key !== entry.key && !by.mayDeleteAny) return 'refused'
      await kv.delete(PREFIX + id)
      return 'removed'
    },
  }
}
