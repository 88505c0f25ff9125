// Masks secrets in texts.

import { textForms } from './secret-forms.ts'

/**
 * Replaces every form of a secret in a text, by default with its name. `instead` is called for each secret that is found.
 */
export type SecretMask = (text: string, instead?: (name: string) => string) => string

/** @param values texts to look for, by name */
export function createSecretMask(values: ReadonlyMap<string, string>): SecretMask {
  const forms = [...values]
    .flatMap(([name, value]) => textForms(value).map((form) => ({ name, form })))
    // A secret may lie within the form of another.
    .sort((a, b) => b.form.length - a.form.length)
  return (text, instead = nameOf) => {
    let masked = text
    for (const { name, form } of forms)
      if (masked.includes(form)) masked = masked.replaceAll(form, instead(name))
    return masked
  }
}

function nameOf(name: string): string {
  return `[secret ${name}]`
}
