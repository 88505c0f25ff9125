// Validates a note: a text, and tags.

export interface NewNote {
  readonly text: string
  readonly tags: readonly string[]
}

const MAX_TEXT = 10_000
const MAX_TAGS = 10
const TAG = /^[\p{L}\p{N}_-]{1,30}$/u

/** A note, or a sentence about what is wrong with it. */
export function readNote(body: unknown): NewNote | string {
  const { text, tags = [] } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >
  if (typeof text !== 'string' || text.trim() === '') return 'A text is missing'
  if (text.length > MAX_TEXT) return `A note has ${MAX_TEXT} characters at most`
  if (!Array.isArray(tags) || tags.length > MAX_TAGS) return `Tags are a list of ${MAX_TAGS} at most`
  if (!tags.every((tag) => typeof tag === 'string' && TAG.test(tag)))
    return 'A tag is one word of letters, digits, "-" and "_"'
  return { text: text.trim(), tags: [...new Set<string>(tags)] }
}
