// The reader's language and its texts. Chosen once, before anything else of the page is evaluated: a change of it reloads the page.

import { bestLanguage, languageRow } from './languages.ts'
import { createTexts, type Translations } from './translate.ts'

const KEY = 'plugbay-language'

/** What the reader chose, else what the browser asks for. Without a browser, in tests: English. */
function wantedLanguages(): readonly string[] {
  if (typeof document === 'undefined') return []
  const chosen = localStorage.getItem(KEY)
  return chosen === null ? navigator.languages : [chosen, ...navigator.languages]
}

async function translationsOf(code: string): Promise<Translations> {
  try {
    return (await languageRow(code).load()).default
  } catch (error) {
    // Better in English than not at all.
    console.warn(`The texts of "${code}" could not be loaded: ${String(error)}`)
    return {}
  }
}

/** A BCP 47 tag, for texts, numbers, times and requests. */
export const language: string = bestLanguage(wantedLanguages())
export const { direction } = languageRow(language)
export const { t, plural } = createTexts(language, await translationsOf(language))

const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })

export function number(value: number): string {
  return numbers.format(value)
}

/** A moment, from ISO 8601. */
export function timeText(time: string): string {
  return new Date(time).toLocaleString(language)
}

/** Remembers the choice and reloads the page. */
export function chooseLanguage(code: string): void {
  localStorage.setItem(KEY, code)
  location.reload()
}
