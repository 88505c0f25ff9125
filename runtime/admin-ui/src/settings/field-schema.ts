// Reads what a form field needs from a setting's JSON Schema. Invariant: a schema that this page cannot render becomes a JSON
// text field, so that every setting can be edited.

export type FieldKind = 'text' | 'number' | 'switch' | 'choice' | 'secret' | 'json'

export interface FieldSchema {
  readonly kind: FieldKind
  readonly title: string
  readonly description: string | null
  /** For `choice`. */
  readonly choices: readonly (string | number | boolean | null)[]
  readonly multiline: boolean
  readonly integer: boolean
  readonly minimum: number | null
  readonly maximum: number | null
  readonly maxLength: number | null
  readonly inputType: 'text' | 'email' | 'url'
  readonly defaultValue: unknown
}

export function fieldSchema(key: string, schema: unknown): FieldSchema {
  const s = isRecord(schema) ? schema : {}
  const kind = kindOf(s)
  return {
    kind,
    title: typeof s.title === 'string' ? s.title : titleFrom(key),
    description: typeof s.description === 'string' ? s.description : null,
    choices: kind === 'choice' ? choicesOf(s.enum) : [],
    multiline: s.format === 'textarea' || (numberOr(s.maxLength, 0) ?? 0) > 500,
    integer: s.type === 'integer',
    minimum: numberOr(s.minimum, null),
    maximum: numberOr(s.maximum, null),
    maxLength: numberOr(s.maxLength, null),
    inputType: s.format === 'email' ? 'email' : s.format === 'uri' ? 'url' : 'text',
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
    case 'number':
    case 'integer':
      return 'number'
    case 'boolean':
      return 'switch'
    default:
      return 'json'
  }
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
