// Which values are secrets: those that the application or their plugin marks, and those that are made of random text.
// Invariant: when in doubt a value counts as a secret, since it can be read where it is used.

import type { Manifest } from '../../sdk/manifest/manifest.ts'

/** Filters that make random text. */
const RANDOM = /\b(?:random_string|rsa_private_key)\b/

export function isMadeSecret(
  key: string,
  { add = {}, secrets = [] }: NonNullable<Manifest['values']>,
): boolean {
  return (
    secrets.includes(key) || (Object.hasOwn(add, key) && textsOf(add[key]).some((text) => RANDOM.test(text)))
  )
}

/** A secret, or a value that holds one when it is rendered. */
export type Secrecy = 'open' | 'derived' | 'secret'

/** Names of the values whose templates name a secret, or a value that does, or ask for values by a part of their names. */
export function referringTo(
  secrets: ReadonlySet<string>,
  values: Iterable<{ readonly name: string; readonly value: unknown }>,
): ReadonlySet<string> {
  const naming = new Map<string, string[]>()
  for (const { name, value } of values)
    for (const word of new Set(textsOf(value).flatMap(wordsOf))) {
      const names = naming.get(word)
      if (names === undefined) naming.set(word, [name])
      else names.push(name)
    }
  const found = new Set(secrets)
  const open = [...secrets, ...(secrets.size > 0 ? [BY_PART] : [])]
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const name of naming.get(next) ?? [])
      if (!found.has(name)) {
        found.add(name)
        open.push(name)
      }
  return new Set([...found].filter((name) => !secrets.has(name)))
}

/** The function of templates that finds values by a part of their names. */
const BY_PART = 'iter_values_named'

function wordsOf(text: string): readonly string[] {
  return /\{[{%]/.test(text) ? (text.match(/\w+/g) ?? []) : []
}

/** All strings in a value: those that are templates, too. */
export function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}

/** The value with every string in it changed. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]))
}
