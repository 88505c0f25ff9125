// Values of settings as text, in both directions: variables, settings.toml, the command line and forms.
// Invariant: text that is not of the type comes back as it is, so that the check of the value says what is wrong.

import type { FormProperty } from '../manifest/form-schema.ts'
import { formatOf } from './formats.ts'

type Typed = Pick<FormProperty, 'type' | 'format' | 'items'>

/** The value of a text by its type: "500MB" for a size, "yes" for a switch, "a,b" for a list. */
export function fromText(text: string, property: Typed): unknown {
  switch (property.type) {
    case 'string':
      return normalValue(text, property)
    case 'boolean':
      return BOOLEANS[text.trim().toLowerCase()] ?? text
    case 'array':
      return normalValue(listOf(text, property), property)
    case 'number':
    case 'integer': {
      const value = normalValue(text, property)
      return typeof value === 'string' ? (numberOf(value) ?? value) : value
    }
  }
}

/** A value in the form that is stored and that the plugin gets; anything else as it is. */
export function normalValue(value: unknown, property: Typed): unknown {
  if (property.type === 'array') {
    const normal = formatOf(property.items?.format)?.normal
    return normal !== undefined && Array.isArray(value) ? value.map(normal) : value
  }
  return formatOf(property.format)?.normal?.(value) ?? value
}

/** The text of a valid value, which fromText() reads back. */
export function toText(value: unknown, property: Typed): string {
  if (typeof value === 'number') return formatOf(property.format)?.text?.(value) ?? String(value)
  if (!Array.isArray(value)) return String(value)
  const separator = separatorOf(property)
  const isPlain = value.every((item) => typeof item === 'string' && isPlainItem(item, separator))
  return isPlain ? value.join(separator) : JSON.stringify(value)
}

const BOOLEANS: Readonly<Record<string, boolean>> = Object.assign(Object.create(null), {
  ...{ true: true, yes: true, on: true, 1: true },
  ...{ false: false, no: false, off: false, 0: false },
})

/** Paths may hold commas. */
function separatorOf({ items }: Typed): string {
  return items?.format === 'path' ? ';' : ','
}

function listOf(text: string, property: Typed): unknown {
  if (text.trim().startsWith('[')) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return text
    .split(separatorOf(property))
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function isPlainItem(item: string, separator: string): boolean {
  return item !== '' && item === item.trim() && !item.includes(separator) && !item.startsWith('[')
}

function numberOf(text: string): number | undefined {
  return /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(text) && text.length < 100
    ? Number(text)
    : undefined
}
