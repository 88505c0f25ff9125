// Titles of menu items between the form and the API: one text, or one for each language.

import type { ListedMenuItem } from '../../../../../sdk/api/menus.ts'

export type Text = ListedMenuItem['title']
export type Texts = Readonly<Record<string, string>>

/** In English, else in the first language that there is. */
export function firstText(text: Text): string {
  return textFor(text, 'en')
}

export function textFor(text: Text, language: string): string {
  if (typeof text === 'string') return text
  return text[language] ?? text.en ?? Object.values(text)[0] ?? ''
}

/** For the form: one text is that of every language. */
export function chosenTexts(chosen: Text | null, languages: readonly string[]): Texts {
  if (chosen === null) return {}
  return typeof chosen === 'string'
    ? Object.fromEntries(languages.map((language) => [language, chosen]))
    : chosen
}

/** Null without a text: every language keeps what the plugin says. */
export function titleOf(texts: Texts, languages: readonly string[]): Text | null {
  const written = Object.entries(texts)
    .map(([language, text]) => [language, text.trim()] as const)
    .filter(([, text]) => text !== '')
  if (written.length === 0) return null
  const [first] = languages
  return languages.length === 1 && first !== undefined
    ? (Object.fromEntries(written)[first] ?? null)
    : Object.fromEntries(written)
}
