// The message and the hint for each kind of schema error in a manifest.
// Invariant: text of the author appears quoted, truncated and safe to print.

import type { ErrorObject } from 'ajv/dist/2020.js'
import { meaningOfPattern } from '../../../../sdk/manifest/names.ts'
import { schemaFault } from '../../../../sdk/text/schema-fault.ts'
import { type Finding, inWords, type Path, quoted } from './manifest-finding.ts'
import { didYouMean } from './manifest-suggest.ts'

type Words = Pick<Finding, 'message' | 'hint'>
type Schema = Readonly<Record<string, unknown>>

const MAX_LISTED = 15
/** Fields of JSON Schema and of other manifests that authors may expect, with the reason why they are not supported. */
const ABSENT_FIELDS: Readonly<Record<string, string>> = {
  pattern: 'Regular expressions are not taken from plugins; use "format", "enum", "minLength" or "maxLength"',
  $ref: 'References are not followed; write the schema out',
  $defs: 'References are not followed; write the schema out',
  settingValues:
    'No plugin can override a setting; change its default in "settingDefaults", or append to a list in "settingAppends"',
  hostSettings:
    'No plugin can override a setting; change its default in "settingDefaults", or append to a list in "settingAppends"',
  config: 'Values for templates of the application are "values"; the configuration belongs to the runtime',
  main: 'Name the entry module of the backend in "backend.entry"',
  dependencies: 'Bundle dependencies, or carry them in backend/node_modules',
}

/** Describes an ajv error for the value at `path`. */
export function toFinding(error: ErrorObject, path: Path): Finding {
  const code = 'MANIFEST_INVALID'
  const { keyword, params } = error
  const schema: Schema = error.parentSchema ?? {}
  if (keyword === 'additionalProperties') {
    const key = String(params.additionalProperty)
    return { code, path: [...path, key], atKey: true, ...unknownKey(key, path, schema) }
  }
  if (error.propertyName !== undefined) {
    const message = `${quoted(error.propertyName)} is not a key that ${inWords(path)} can have`
    return {
      code,
      path: [...path, error.propertyName],
      atKey: true,
      message,
      hint: `It ${schemaFault(error)}`,
    }
  }
  return { code, path, ...wordsFor(error, path, schema) }
}

function unknownKey(key: string, path: Path, schema: Schema): Words {
  const patterns = keysOf(schema.patternProperties)
  const known = keysOf(schema.properties)
  const meaning = known.length === 0 ? meaningOfPattern(patterns[0] ?? '') : undefined
  if (meaning !== undefined) {
    return {
      message: `${quoted(key)} is not a key that ${inWords(path)} can have`,
      hint: `A key must be ${meaning}`,
    }
  }
  const of = path.length === 0 ? '' : ` of ${inWords(path)}`
  const reason = Object.hasOwn(ABSENT_FIELDS, key) ? ABSENT_FIELDS[key] : undefined
  const list =
    known.length <= MAX_LISTED ? `Known fields: ${known.join(', ')}` : 'See docs/manifest.md for all fields'
  return {
    message: `${quoted(key)} is not a known field${of}`,
    hint: reason ?? didYouMean(key, known) ?? list,
  }
}

function wordsFor(error: ErrorObject, path: Path, schema: Schema): Words {
  const { keyword, params, data } = error
  const subject = inWords(path)
  const limit = Number(params.limit).toLocaleString('en')
  switch (keyword) {
    case 'required': {
      const field = String(params.missingProperty)
      const where = path.length === 0 ? '' : ` in ${subject}`
      return { message: `"${field}" is missing${where}`, hint: describe(propertyOf(schema, field)) }
    }
    case 'dependentRequired':
      return {
        message: `${subject} has "${params.property}" but not "${params.missingProperty}"`,
        hint: `Add "${params.missingProperty}"`,
      }
    case 'type':
    case 'const':
    case 'anyOf':
      return {
        message: `${subject} must be ${expected(schema)}, not ${kindOf(data)}`,
        hint: suggestion(data, schema) ?? describe(schema),
      }
    case 'enum':
      return {
        message: `${subject} must be ${expected(schema)}, not ${kindOf(data)}`,
        hint: suggestion(data, schema),
      }
    case 'pattern': {
      const meaning = meaningOfPattern(String(params.pattern)) ?? 'of another form'
      return { message: `${subject} must be ${meaning}`, hint: `It is ${kindOf(data)} now` }
    }
    case 'format':
      return {
        message: `${subject} must be an address, such as "https://example.org/"`,
        hint: `It is ${kindOf(data)} now`,
      }
    case 'not':
      return {
        message: `The id ${kindOf(data)} is reserved`,
        hint: 'Choose another id, for example one that names its author too',
      }
    case 'minLength':
      return {
        message:
          data === '' ? `${subject} must not be empty` : `${subject} must have ${limit} characters or more`,
      }
    case 'maxLength':
      return { message: `${subject} must have ${limit} characters or fewer` }
    case 'minItems':
    case 'minProperties':
      return {
        message:
          params.limit === 1
            ? `${subject} must not be empty`
            : `${subject} must have ${limit} entries or more`,
        hint: 'Leave the field out where there is nothing to say',
      }
    case 'maxItems':
    case 'maxProperties':
      return { message: `${subject} must have ${limit} entries or fewer` }
    case 'minimum':
      return { message: `${subject} must be ${limit} or more`, hint: describe(schema) }
    case 'maximum':
      return { message: `${subject} must be ${limit} or less`, hint: describe(schema) }
    case 'exclusiveMinimum':
      return { message: `${subject} must be more than ${limit}` }
    default:
      return { message: `${subject} ${schemaFault(error)}` }
  }
}

/** What the schema accepts, for "must be …". */
function expected(schema: unknown): string {
  return oneOf(alternatives(schema))
}

function alternatives(schema: unknown): string[] {
  if (!isSchema(schema)) return ['something else']
  const { anyOf, enum: choices, type } = schema
  if (Array.isArray(anyOf)) return anyOf.flatMap(alternatives)
  if (Array.isArray(choices)) return choices.map(shown)
  if (Object.hasOwn(schema, 'const')) return [shown(schema.const)]
  if (type === 'object') return ['an object']
  if (type === 'array') return ['a list']
  if (type === 'integer') return ['a whole number']
  if (type === 'boolean') return ['true or false']
  return [`a ${String(type)}`]
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function suggestion(data: unknown, schema: unknown): string | undefined {
  if (typeof data !== 'string' || !isSchema(schema)) return undefined
  const alternatives = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isSchema) : [schema]
  const words = alternatives
    .flatMap((one) => (Array.isArray(one.enum) ? one.enum : [one.const]))
    .filter((word) => typeof word === 'string')
  return didYouMean(data, words)
}

/** A value for use in a sentence: short ones as they are, long ones by their type. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return shown(value)
}

function shown(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : String(value)
}

function describe(schema: unknown): string | undefined {
  return isSchema(schema) && typeof schema.description === 'string' ? schema.description : undefined
}

function propertyOf(schema: Schema, field: string): unknown {
  return isSchema(schema.properties) && Object.hasOwn(schema.properties, field)
    ? schema.properties[field]
    : undefined
}

function keysOf(value: unknown): string[] {
  return isSchema(value) ? Object.keys(value) : []
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
