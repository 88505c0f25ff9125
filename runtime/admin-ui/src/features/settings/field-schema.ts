// Reads what a form field needs from a setting's JSON Schema. Invariant: a schema that this page cannot render becomes a JSON
// text field, so that every setting can be edited.

import { formatOf } from '../../../../../sdk/settings/formats.ts'
import type { toText } from '../../../../../sdk/settings/setting-text.ts'

/** `amount`: a number that is typed with a unit. */
export type FieldKind = 'text' | 'number' | 'amount' | 'switch' | 'choice' | 'list' | 'secret' | 'json'

export interface FieldSchema {
  readonly kind: FieldKind
  readonly title: string
  readonly description: string | null
  /** For `choice`, and for a `list` whose items are chosen. */
  readonly choices: readonly (string | number | boolean | null)[]
  readonly multiline: boolean
  readonly integer: boolean
  readonly minimum: number | null
  readonly maximum: number | null
  readonly maxLength: number | null
  readonly inputType: 'text' | 'email' | 'url' | 'date'
  /** What a valid value looks like; empty where that is plain. */
  readonly example: string
  /** The type and format of the value, for its text. */
  readonly typed: Typed
  readonly defaultValue: unknown
}

type Typed = Parameters<typeof toText>[1]

export function fieldSchema(key: string, schema: unknown): FieldSchema {
  const s = isRecord(schema) ? schema : {}
  const kind = kindOf(s)
  const items = isRecord(s.items) ? s.items : {}
  return {
    kind,
    title: typeof s.title === 'string' ? s.title : titleFrom(key),
    description: typeof s.description === 'string' ? s.description : null,
    choices: choicesOf(kind === 'list' ? items.enum : kind === 'choice' ? s.enum : undefined),
    multiline: s.format === 'textarea' || (numberOr(s.maxLength, 0) ?? 0) > 500,
    integer: s.type === 'integer',
    minimum: numberOr(s.minimum, s.format === 'port' ? 0 : null),
    maximum: numberOr(s.maximum, s.format === 'port' ? 65_535 : null),
    maxLength: numberOr(s.maxLength, null),
    inputType: inputTypeOf(s.format),
    example: exampleOf(kind, kind === 'list' ? items.format : s.format),
    typed: s as unknown as Typed,
    defaultValue: s.default,
  }
}

function kindOf(schema: Readonly<Record<string, unknown>>): FieldKind {
  if (schema.format === 'secret') return 'secret'
  const { enum: choices } = schema
  if (Array.isArray(choices)) return choices.every(isPrimitive) ? 'choice' : 'json'
  switch (schema.type) {
    case 'string':
      return 'text'
    case 'array':
      return isRecord(schema.items) && schema.items.type === 'string' ? 'list' : 'json'
    case 'number':
    case 'integer':
      return formatOf(textOr(schema.format))?.text === undefined ? 'number' : 'amount'
    case 'boolean':
      return 'switch'
    default:
      return 'json'
  }
}

function inputTypeOf(format: unknown): FieldSchema['inputType'] {
  if (format === 'email' || format === 'date') return format
  return format === 'uri' ? 'url' : 'text'
}

function exampleOf(kind: FieldKind, format: unknown): string {
  return kind === 'secret' || kind === 'choice' ? '' : (formatOf(textOr(format))?.example ?? '')
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function choicesOf(value: unknown): FieldSchema['choices'] {
  return Array.isArray(value) ? value.filter(isPrimitive) : []
}

/** `apiKey` and `api_key` become "Api key". */
function titleFrom(key: string): string {
  const words = key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_.-]+/g, ' ')
    .trim()
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function isPrimitive(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' ? value : otherwise
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
