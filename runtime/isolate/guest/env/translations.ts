// Messages of the plugin's catalogs, for ctx.t and env.t.
// Invariant: a catalog is read when a text that needs it is first asked for, and its library with the first of all: a plugin without
// messages pays for neither.

import { type Catalog, catalogOf } from '../../../../sdk/messages/catalog.ts'
import type * as Format from '../../../../sdk/messages/format.ts'
import { createTranslator, type Translate } from '../../../../sdk/messages/translator.ts'
import type { Env } from '../../../../sdk/plugin-api/env.ts'
import type { GuestLanguages } from '../../../../sdk/protocol/guest-boot.ts'
import { currentRequest } from '../web/base/request-context.ts'

// The bundler turns this into a function that evaluates the module once, at its first call.
declare function require(name: '../../../../sdk/messages/format.ts'): typeof Format

export interface TranslationsHost {
  readonly catalog: (language: string) => string | undefined
  readonly warn: (text: string) => void
}

const ENGLISH: GuestLanguages = { default: 'en', chains: {}, marks: false }
const { parse } = JSON
const { Locale } = Intl

export class Translations {
  readonly #languages: GuestLanguages
  readonly #host: TranslationsHost
  readonly #catalogs = new Map<string, Catalog>()
  readonly #translators = new Map<string, Translate>()

  constructor(languages: GuestLanguages | undefined, host: TranslationsHost) {
    this.#languages = languages ?? ENGLISH
    this.#host = host
  }

  /** The default language of the host. */
  get language(): string {
    return this.#languages.default
  }

  /** For a language that is not the host's, in its default. */
  in(language: string): Translate {
    const { chains, marks } = this.#languages
    const wanted = Object.hasOwn(chains, language) ? language : this.language
    const known = this.#translators.get(wanted)
    if (known !== undefined) return known
    const chain = Object.hasOwn(chains, wanted) ? (chains[wanted] ?? []) : []
    const made = createTranslator({
      language: wanted,
      catalogs: chain.map((each) => ({ language: each, messages: this.#catalog(each) })),
      parse: (message, locale) => require('../../../../sdk/messages/format.ts').parseMessage(message, locale),
      onProblem: ({ text, isMissing }) => {
        // That a message is not translated yet is known since the package was checked.
        if (marks || !isMissing) this.#host.warn(text)
      },
      marks,
    })
    this.#translators.set(wanted, made)
    return made
  }

  /** env.t: in the language of the request that the code works for. */
  readonly translate: Env['t'] = (key, values, options) =>
    this.in(options?.language ?? currentRequest()?.language ?? this.language)(key, values)

  directionOf(language: string): 'ltr' | 'rtl' {
    return new Locale(language).getTextInfo().direction === 'rtl' ? 'rtl' : 'ltr'
  }

  #catalog(language: string): Catalog {
    const known = this.#catalogs.get(language)
    if (known !== undefined) return known
    let catalog: Catalog = new Map()
    try {
      catalog = catalogOf(parse(this.#host.catalog(language) ?? '{}'))
    } catch (error) {
      // Of a package that was checked by an older version.
      this.#host.warn(`The catalog of messages in "${language}" cannot be read: ${String(error)}`)
    }
    this.#catalogs.set(language, catalog)
    return catalog
  }
}
