// The texts of the pages of sign-in in the language that a reader prefers, of those that there are.

import { directionOf } from '../../../languages/direction.ts'
import { Languages } from '../../../languages/languages.ts'
import { AR } from './ar.ts'
import { DE } from './de.ts'
import { EN, type Words } from './en.ts'
import { FR } from './fr.ts'

const CATALOGS: Readonly<Record<string, Words>> = { en: EN, de: DE, fr: FR, ar: AR }

export type Say = (key: keyof Words, values?: Readonly<Record<string, string | number>>) => string

export interface ReadersWords {
  readonly language: string
  readonly dir: 'ltr' | 'rtl'
  readonly say: Say
}

/** @param preferred the default language of the server */
export function createWords(preferred: string): (acceptLanguage: string | undefined) => ReadersWords {
  const available = Object.keys(CATALOGS)
  const languages = new Languages({
    available,
    default: new Languages({ available, default: 'en' }).of(preferred),
  })
  return (header) => {
    const language = languages.accepted(header)
    const words = CATALOGS[language] ?? EN
    return {
      language,
      dir: directionOf(language),
      say: (key, values = {}) =>
        words[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)),
    }
  }
}
