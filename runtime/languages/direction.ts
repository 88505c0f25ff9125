// The direction in which a language is written.

export type Direction = 'ltr' | 'rtl'

/** @param language a BCP 47 tag; throws a RangeError for anything else */
export function directionOf(language: string): Direction {
  return new Intl.Locale(language).getTextInfo().direction === 'rtl' ? 'rtl' : 'ltr'
}
