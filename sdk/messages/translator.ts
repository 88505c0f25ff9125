// Finds a message in the catalogs of a plugin and formats it: in its language, else in another one, else its key.
// Invariant: it always returns a text, whatever is missing, misspelt or of the wrong type.

import type { Catalog, MessageValues } from './catalog.ts'
import type { FormatMessage } from './format.ts'

export type Translate = (key: string, values?: MessageValues) => string

export interface LanguageCatalog {
  readonly language: string
  readonly messages: Catalog
}

export interface MessageProblem {
  readonly text: string
  /** Whether there is no message in the language; otherwise it cannot be formatted. */
  readonly isMissing: boolean
}

export interface TranslatorOptions {
  /** Of the reader. */
  readonly language: string
  /** In order of preference. The first is usually in the language of the reader. */
  readonly catalogs: readonly LanguageCatalog[]
  readonly parse: (message: string, language: string) => FormatMessage
  /** Called once for each key whose text is not what it should be. */
  readonly onProblem?: (problem: MessageProblem) => void
  /** Whether such texts are put in brackets, so that an author sees them: in development. */
  readonly marks?: boolean
}

/** Keys whose problems are remembered: code may make up any number of them. */
const MAX_REPORTED = 1000

export function createTranslator(options: TranslatorOptions): Translate {
  const translator = new Translator(options)
  return (key, values) => translator.translate(String(key), values)
}

class Translator {
  readonly #options: TranslatorOptions
  readonly #parsed: readonly Map<string, FormatMessage>[]
  readonly #reported = new Set<string>()

  constructor(options: TranslatorOptions) {
    this.#options = options
    this.#parsed = options.catalogs.map(() => new Map())
  }

  translate(key: string, values: MessageValues | undefined): string {
    const { language, catalogs, marks = false } = this.#options
    let problem: MessageProblem | undefined
    let text: string | undefined
    for (let index = 0; index < catalogs.length && text === undefined; index++) {
      const found = this.#format(index, key, values)
      if (typeof found === 'string') text = found
      else problem ??= found
    }
    const [first] = catalogs
    if (problem === undefined && first !== undefined && isSame(first.language, language)) return text ?? key
    this.#report(key, problem ?? missing(key, language))
    return marks ? `⟦${text ?? key}⟧` : (text ?? key)
  }

  #format(index: number, key: string, values: MessageValues | undefined): string | MessageProblem {
    const { catalogs, parse } = this.#options
    const catalog = catalogs[index]
    const message = catalog?.messages.get(key)
    if (catalog === undefined || message === undefined)
      return missing(key, catalog?.language ?? this.#options.language)
    try {
      const known = this.#parsed[index]?.get(key)
      const format = known ?? parse(message, catalog.language)
      if (known === undefined) this.#parsed[index]?.set(key, format)
      return format(values)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return {
        text: `The message "${key}" in "${catalog.language}" cannot be shown: ${reason}`,
        isMissing: false,
      }
    }
  }

  #report(key: string, problem: MessageProblem): void {
    if (this.#reported.has(key) || this.#reported.size >= MAX_REPORTED) return
    this.#reported.add(key)
    this.#options.onProblem?.(problem)
  }
}

function missing(key: string, language: string): MessageProblem {
  return { text: `There is no message "${key}" in "${language}"`, isMissing: true }
}

/** "pt" will do for "pt-BR". */
function isSame(one: string, other: string): boolean {
  return one.split('-', 1)[0] === other.split('-', 1)[0]
}
