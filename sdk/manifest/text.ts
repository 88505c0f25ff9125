// Human-readable text: one string, or one per language.

export type Text = string | Readonly<Record<string, string>>

/** The text in the first of the languages that it has; otherwise in English; otherwise in its first language. */
export function textIn(text: Text, languages: readonly string[]): string {
  if (typeof text === 'string') return text
  for (const language of [...languages, 'en']) {
    const found = Object.hasOwn(text, language) ? text[language] : undefined
    if (found !== undefined) return found
  }
  return Object.values(text)[0] ?? ''
}
