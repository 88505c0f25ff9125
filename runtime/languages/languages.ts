// The languages of the host, and which of them suits a reader: for pages, backends, messages and texts of manifests.
// Invariant: what it finds is always one of its languages, in exactly the host's spelling.

import { type Text, textIn } from '../../sdk/manifest/text.ts'
import { canonicalTag } from '../../sdk/text/language-tag.ts'
import { acceptedLanguages } from './accept-language.ts'
import { Matcher } from './matcher.ts'
import { nearest } from './near.ts'

export interface LanguageChoice {
  /** BCP 47 tags. */
  readonly available: readonly string[]
  /** The language when nothing else decides. */
  readonly default: string
}

/** Clients choose their headers: the cache is bounded. */
const MAX_HEADERS = 256
const MAX_HEADER_LENGTH = 200
/** A path that begins so is ours, whatever ISO 639 says of it. */
const RESERVED = 'api'

export class Languages implements LanguageChoice {
  readonly available: readonly string[]
  readonly default: string
  readonly #known: ReadonlySet<string>
  readonly #matcher: Matcher
  readonly #byHeader = new Map<string, string>()

  /** Leaves out what is not a tag: the config and the check of the host's declaration refuse it. */
  constructor({ available, default: fallback }: LanguageChoice) {
    const tags = [...available, fallback].map(canonicalTag)
    this.#known = new Set(tags.filter((tag) => tag !== undefined && tag !== RESERVED)) as Set<string>
    this.available = this.#known.size === 0 ? ['en'] : [...this.#known]
    const chosen = canonicalTag(fallback)
    this.default = chosen !== undefined && this.has(chosen) ? chosen : (this.available[0] ?? 'en')
    this.#matcher = new Matcher(this.available)
  }

  has(tag: string): boolean {
    return this.#known.has(tag)
  }

  /** Whether a tag is one of any language, of the host or not. */
  isLanguage(tag: string): boolean {
    return this.#matcher.isLanguage(tag)
  }

  /** The language that suits these tags best, the first counting most; undefined when none does. */
  match(tags: readonly string[]): string | undefined {
    return this.#matcher.find(tags.map(canonicalTag).filter((tag) => tag !== undefined))
  }

  /** The language of the host for a tag of any origin; its default without one, or when none fits. */
  of(tag: string | undefined): string {
    if (tag === undefined) return this.default
    return this.has(tag) ? tag : (this.match([tag]) ?? this.default)
  }

  /** The language for a header Accept-Language; the default when nothing in it fits. */
  accepted(header: string | undefined): string {
    if (header === undefined || this.available.length === 1) return this.default
    const known = this.#byHeader.get(header)
    if (known !== undefined) return known
    const found = this.#matcher.find(acceptedLanguages(header)) ?? this.default
    if (this.#byHeader.size < MAX_HEADERS && header.length <= MAX_HEADER_LENGTH)
      this.#byHeader.set(header, found)
    return found
  }

  /**
   * Of the languages that something is written in, those to read it in, in order: the one wanted or the nearest to it, the default of
   * the host, English; any, if there is none of these.
   */
  chain(language: string, written: readonly string[]): readonly string[] {
    const order = [language, this.default, 'en'].map((tag) => nearest(tag, written))
    const found = new Set(order.filter((tag) => tag !== undefined))
    return found.size === 0 ? written.slice(0, 1) : [...found]
  }

  /** A text of a manifest in this language, or in what stands in for it. */
  text(text: Text, language: string): string {
    if (typeof text === 'string') return text
    return textIn(text, Object.hasOwn(text, language) ? [language] : this.chain(language, Object.keys(text)))
  }
}
