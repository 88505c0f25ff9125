// Finds secrets in the bytes of a body that arrives in chunks, and masks them there.
// Invariant: the cost of a byte does not depend on the number of secrets, and masking changes no length.

import { byteForms } from './secret-forms.ts'

export interface SecretSearch {
  /** The body with asterisks in place of secrets; `found` gets the name of each. */
  mask(
    source: AsyncIterable<Uint8Array>,
    found: (name: string) => void,
  ): AsyncGenerator<Uint8Array, void, undefined>
}

interface Needle {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * A chunk that ends with fewer bytes of a secret is passed on at once: a stream must not wait because of a letter. When the
 * rest arrives, only the rest is masked.
 */
const LEAST_HELD = 4
const ASTERISK = 0x2a
const NOTHING = new Uint8Array(0)

/** @param values texts to look for, by name; undefined when all are too short to be recognised */
export function createSecretSearch(values: ReadonlyMap<string, string>): SecretSearch | undefined {
  const byStart = new Map<number, Needle[]>()
  for (const [name, value] of values) {
    for (const bytes of byteForms(value)) {
      const start = startAt(bytes, 0)
      byStart.set(start, [...(byStart.get(start) ?? []), { name, bytes }])
    }
  }
  if (byStart.size === 0) return undefined
  const isStart = new Uint8Array(65_536)
  for (const start of byStart.keys()) isStart[start] = 1

  /** Masks all secrets from `from` on. Returns where the bytes begin that may be the start of one. */
  function maskIn(bytes: Uint8Array, from: number, found: (name: string) => void): number {
    const spans: [number, number][] = []
    let open = bytes.length
    const last = bytes.length - 1
    // This loop sees every byte of every response: it makes no call until two bytes could begin a secret.
    for (let at = 0, start = bytes[0] ?? 0; at < last; at++) {
      start = ((start & 0xff) << 8) | (bytes[at + 1] ?? 0)
      if (isStart[start] === 0) continue
      for (const needle of byStart.get(start) ?? []) {
        const length = equalLength(bytes, at, needle.bytes)
        if (length === needle.bytes.length) {
          spans.push([at, at + length])
          found(needle.name)
        } else if (at + length === bytes.length && length >= LEAST_HELD) open = Math.min(open, at)
      }
    }
    // After the search: a secret may lie within the form of another.
    for (const [begin, end] of spans) bytes.fill(ASTERISK, Math.max(begin, from), Math.max(end, from))
    return Math.max(open, from)
  }

  return {
    async *mask(source, found) {
      let passed = NOTHING
      let held = NOTHING
      for await (const chunk of source) {
        const bytes = Buffer.concat([passed, held, chunk])
        const end = maskIn(bytes, passed.length, found)
        const ready = bytes.subarray(passed.length, end)
        held = bytes.subarray(end)
        passed = bytes.subarray(Math.max(0, end - LEAST_HELD + 1), end)
        if (ready.length > 0) yield ready
      }
      if (held.length > 0) yield held
    },
  }
}

function startAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** How many bytes from `at` on are those of the needle. */
function equalLength(bytes: Uint8Array, at: number, needle: Uint8Array): number {
  const most = Math.min(needle.length, bytes.length - at)
  let length = 2
  while (length < most && bytes[at + length] === needle[length]) length++
  return length
}
