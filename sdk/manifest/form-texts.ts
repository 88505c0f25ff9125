// The texts of a form: titles and descriptions, each one string or one per language, in the language of a reader.

import type { FormProperty, FormSchema } from './form-schema.ts'
import type { Text } from './text.ts'

/** Chooses the text for the reader. */
export type InLanguage = (text: Text) => string

interface Titled {
  readonly title?: Text | undefined
  readonly description?: Text | undefined
}

/** The form with strings for texts. */
export function formIn(form: FormSchema, inLanguage: InLanguage): FormSchema {
  const { properties } = form
  if (properties === undefined) return titledIn(form, inLanguage)
  const fields = Object.entries(properties).map(([key, field]) => [key, fieldIn(field, inLanguage)] as const)
  return { ...titledIn(form, inLanguage), properties: Object.fromEntries(fields) }
}

/** The field with strings for texts. */
export function fieldIn(field: FormProperty, inLanguage: InLanguage): FormProperty {
  const { items } = field
  const read = titledIn(field, inLanguage)
  // An application may declare another JSON Schema than a manifest could.
  const isItem = typeof items === 'object' && !Array.isArray(items)
  return isItem ? { ...read, items: titledIn(items, inLanguage) } : read
}

function titledIn<T extends Titled>(titled: T, inLanguage: InLanguage): T {
  const { title, description } = titled
  return {
    ...titled,
    ...(title !== undefined && { title: inLanguage(title) }),
    ...(description !== undefined && { description: inLanguage(description) }),
  }
}
