// Finds placeholders of secrets where no value replaces them: the other server would not know what to do with one, and say nothing of it.

import { textForms } from './secret-forms.ts'
import { createSecretSearch } from './secret-search.ts'

export interface PlaceholderSearch {
  /** The name of a secret whose placeholder is in the text, also encoded; undefined without one. */
  find(text: string): string | undefined
  /** The same bytes; `found` is called, and may throw, before the chunk that completes a placeholder is passed on. */
  watch(source: AsyncIterable<Uint8Array>, found: (name: string) => void): AsyncIterable<Uint8Array>
}

/** @param placeholders by the name of their secret */
export function createPlaceholderSearch(placeholders: ReadonlyMap<string, string>): PlaceholderSearch {
  const forms = [...placeholders].flatMap(([name, placeholder]) =>
    [...textForms(placeholder), jsonOf(name)].map((form) => ({ name, form })),
  )
  const search = createSecretSearch(placeholders)
  return {
    find: (text) => forms.find(({ form }) => text.includes(form))?.name,
    watch: (source, found) => search?.mask(source, found) ?? source,
  }
}

/** What a handle is in JSON (see toJSON() of env.secrets). */
function jsonOf(name: string): string {
  return `"[secret ${name}]"`
}
