// A catalog: the messages of one language by their keys. Files may nest: { "entries": { "none": "…" } } is "entries.none".

/** Values in messages: {name}, {count, plural, …}, {when, date, long}. */
export type MessageValues = Readonly<
  Record<string, string | number | bigint | boolean | Date | null | undefined>
>

export type Catalog = ReadonlyMap<string, string>

/** Of one file. What is larger is refused with its package, and not read. */
export const MAX_CATALOG_BYTES = 500_000
export const MAX_CATALOGS = 200

/** Levels of nested keys. The package check refuses deeper ones, so what is read here may be trusted to end. */
export const MAX_KEY_DEPTH = 10

/** @param value a parsed file; anything but messages is left out */
export function catalogOf(value: unknown): Catalog {
  const messages = new Map<string, string>()
  collect(value, { prefix: '', depth: 0, messages })
  return messages
}

interface Place {
  /** Ends with a dot below the first level. */
  readonly prefix: string
  readonly depth: number
  readonly messages: Map<string, string>
}

function collect(value: unknown, { prefix, depth, messages }: Place): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > MAX_KEY_DEPTH) return
  for (const [name, member] of Object.entries(value)) {
    const key = prefix + name
    if (typeof member === 'string') messages.set(key, member)
    else collect(member, { prefix: `${key}.`, depth: depth + 1, messages })
  }
}
