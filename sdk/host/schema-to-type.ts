// The TypeScript type of a JSON Schema, as text, for declaration files. What TypeScript cannot say is `unknown`.

type Schema = Readonly<Record<string, unknown>>

const MAX_DEPTH = 20
const BY_TYPE: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
}

export function schemaToType(schema: unknown, depth = 0): string {
  if (schema === false) return 'never'
  if (!isSchema(schema) || depth > MAX_DEPTH) return 'unknown'
  if ('const' in schema) return literal(schema.const)
  if (Array.isArray(schema.enum)) return anyOf(schema.enum.map(literal))
  const choices = schema.anyOf ?? schema.oneOf
  if (Array.isArray(choices)) return anyOf(choices.map((each) => schemaToType(each, depth + 1)))
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type]
  return anyOf(types.map((type) => ofType(type, schema, depth)))
}

function ofType(type: unknown, schema: Schema, depth: number): string {
  if (type === 'array')
    return `readonly ${inBrackets(schema.items === undefined ? 'unknown' : schemaToType(schema.items, depth + 1))}[]`
  if (type === 'object') return objectType(schema, depth)
  return typeof type === 'string' && Object.hasOwn(BY_TYPE, type) ? (BY_TYPE[type] ?? 'unknown') : 'unknown'
}

function objectType(schema: Schema, depth: number): string {
  const properties = isSchema(schema.properties) ? Object.entries(schema.properties) : []
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  const { additionalProperties: rest } = schema
  if (properties.length === 0 && rest !== false)
    return `Readonly<Record<string, ${isSchema(rest) ? schemaToType(rest, depth + 1) : 'unknown'}>>`
  const fields = properties.map(
    ([name, field]) =>
      `readonly ${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${schemaToType(field, depth + 1)}`,
  )
  return `{ ${fields.join('; ')} }`
}

function literal(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'unknown' : JSON.stringify(value)
}

function anyOf(types: readonly string[]): string {
  const each = [...new Set(types)]
  return each.includes('unknown') ? 'unknown' : each.join(' | ')
}

function inBrackets(type: string): string {
  return type.includes(' | ') && !type.startsWith('{') ? `(${type})` : type
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
