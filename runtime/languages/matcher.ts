// Finds the language that suits a reader best, by the distances between languages that CLDR knows: "pt-PT" may read "pt-BR", "nb" "no".
// Invariant: the library keeps every tag that it was ever asked about, so it is asked about few: what clients send cannot fill memory.

import { match } from '@formatjs/intl-localematcher'

/** Tags of clients that the library may see. All that browsers offer as their own language are fewer. */
const MAX_TAGS = 500
/** No language: what the library answers when nothing fits. */
const NONE = 'zxx'

export class Matcher {
  readonly #available: readonly string[]
  readonly #asked = new Set<string>()
  readonly #names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

  /** @param available canonical tags */
  constructor(available: readonly string[]) {
    this.#available = available
  }

  /**
   * The best language for these canonical tags, the first counting most; undefined when none fits. Without the library, for a tag that
   * is one too many: the language itself, or one of which the tag is a region.
   */
  find(tags: readonly string[]): string | undefined {
    const plain = tags.map(withoutExtensions).filter((tag) => this.isLanguage(tag))
    if (plain.every((tag) => this.#mayAsk(tag))) {
      const found = plain.length === 0 ? NONE : match(plain, this.#available, NONE)
      return found === NONE ? undefined : found
    }
    for (const tag of plain) {
      const found = this.#available.find((each) => tag === each || tag.startsWith(`${each}-`))
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Whether there is such a language. */
  isLanguage(tag: string): boolean {
    try {
      return this.#names.of(tag) !== undefined
    } catch {
      // A RangeError: not a tag.
      return false
    }
  }

  #mayAsk(tag: string): boolean {
    if (this.#asked.size < MAX_TAGS) this.#asked.add(tag)
    return this.#asked.has(tag)
  }
}

/** "ar-EG" of "ar-EG-u-nu-latn". */
function withoutExtensions(tag: string): string {
  return tag.replace(/-[0-9a-z]-.*$/i, '')
}
