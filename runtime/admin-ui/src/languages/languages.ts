// The languages of the page. Another one is a row here and a file beside it, with the same keys as the others.

import type { Translations } from './translate.ts'

export interface Language {
  readonly direction: 'ltr' | 'rtl'
  readonly load: () => Promise<{ readonly default: Translations }>
}

const ENGLISH: Language = { direction: 'ltr', load: async () => ({ default: {} }) }

export const LANGUAGES: Readonly<Record<string, Language>> = {
  en: ENGLISH,
  fr: { direction: 'ltr', load: () => import('./fr.json') },
  de: { direction: 'ltr', load: () => import('./de.json') },
  ar: { direction: 'rtl', load: () => import('./ar.json') },
}

/** The first wanted language that there is, also for one of its regions; else English. */
export function bestLanguage(wanted: readonly string[]): string {
  for (const tag of wanted) {
    const [language = ''] = tag.toLowerCase().split('-')
    if (Object.hasOwn(LANGUAGES, language)) return language
  }
  return 'en'
}

export function languageRow(language: string): Language {
  return LANGUAGES[language] ?? ENGLISH
}

/** "Deutsch" for "de". */
export function ownName(language: string): string {
  return new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language
}
