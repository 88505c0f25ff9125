// Texts of the page in the reader's language. Invariant: every text is shown, in English where a translation is missing.

/** One translation, or one for each plural category of the language. */
export type Translation = string | Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>

/** Translations by their English text: of a number of things, the text for several. */
export type Translations = Readonly<Record<string, Translation>>

export type Values = Readonly<Record<string, string | number | null>>

export interface Texts {
  /** The text in the reader's language, with `{name}` replaced by its value. */
  t(english: string, values?: Values): string
  /** One of two texts, by `values.count`, which stands in the text as `{count}` in digits of the language. */
  plural(one: string, several: string, values: { readonly count: number } & Values): string
}

const PLACES = /\{(\w+)\}/g

export function createTexts(language: string, translations: Translations): Texts {
  const rules = new Intl.PluralRules(language)
  const numbers = new Intl.NumberFormat(language)
  const found = (english: string) =>
    Object.hasOwn(translations, english) ? translations[english] : undefined
  return {
    t(english, values = {}) {
      const translated = found(english)
      return filled(typeof translated === 'string' ? translated : english, values)
    },
    plural(one, several, values) {
      const translated = found(several)
      const category = rules.select(values.count)
      const text =
        typeof translated === 'object'
          ? (translated[category] ?? translated.other)
          : (translated ?? (values.count === 1 ? one : undefined))
      return filled(text ?? several, { ...values, count: numbers.format(values.count) })
    },
  }
}

/** Its pieces, in order: texts, and names of values. */
export function piecesOf(text: string): readonly { readonly text?: string; readonly name?: string }[] {
  return text.split(PLACES).map((piece, index) => (index % 2 === 0 ? { text: piece } : { name: piece }))
}

function filled(text: string, values: Values): string {
  return text.replace(PLACES, (place, name: string) =>
    Object.hasOwn(values, name) ? String(values[name] ?? '') : place,
  )
}
