// What is wrong with a value, by the keyword of JSON Schema that it breaks, as the end of a sentence: '"Pictures per page" must be 100 or less'.
// Invariant: every keyword has words of ours, and none of them holds the value, which may be a secret.

/** What a validator says of one error; of ajv, a part of its ErrorObject. */
export interface SchemaFault {
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
}

const MAX_CHOICES = 500

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

type Words = (params: Readonly<Record<string, unknown>>) => string

const WORDS: Readonly<Record<string, Words>> = {
  type: ({ type }) =>
    `must be ${oneOf([type].flat().map((each) => TYPES[String(each)] ?? `of the type "${each}"`))}`,
  enum: ({ allowedValues }) => `must be one of ${shown(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${shown(allowedValue)}`,
  required: ({ missingProperty }) => `lacks "${missingProperty}"`,
  additionalProperties: ({ additionalProperty }) => `has no field "${clipped(additionalProperty)}"`,
  unevaluatedProperties: ({ unevaluatedProperty }) => `has no field "${clipped(unevaluatedProperty)}"`,
  dependentRequired: ({ property, missingProperty }) => `has "${property}" but not "${missingProperty}"`,
  dependencies: ({ property, missingProperty }) => `has "${property}" but not "${missingProperty}"`,
  propertyNames: ({ propertyName }) => `cannot have a field with the name "${clipped(propertyName)}"`,
  minProperties: ({ limit }) => `must have ${fields(limit)} or more`,
  maxProperties: ({ limit }) => `must have ${fields(limit)} or fewer`,
  minimum: ({ limit }) => `must be ${number(limit)} or more`,
  maximum: ({ limit }) => `must be ${number(limit)} or less`,
  exclusiveMinimum: ({ limit }) => `must be more than ${number(limit)}`,
  exclusiveMaximum: ({ limit }) => `must be less than ${number(limit)}`,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${number(multipleOf)}`,
  minLength: ({ limit }) => (limit === 1 ? 'must not be empty' : `must have ${characters(limit)} or more`),
  maxLength: ({ limit }) => `must have ${characters(limit)} or fewer`,
  pattern: ({ pattern }) => `must match the pattern ${clipped(pattern)}`,
  format: ({ format }) => `must have the format "${format}"`,
  formatMinimum: ({ limit }) => `must be ${limit} or later`,
  formatMaximum: ({ limit }) => `must be ${limit} or earlier`,
  formatExclusiveMinimum: ({ limit }) => `must be later than ${limit}`,
  formatExclusiveMaximum: ({ limit }) => `must be earlier than ${limit}`,
  minItems: ({ limit }) => (limit === 1 ? 'must not be empty' : `must have ${entries(limit)} or more`),
  maxItems: ({ limit }) => `must have ${entries(limit)} or fewer`,
  items: ({ limit }) => `must have ${entries(limit)} or fewer`,
  additionalItems: ({ limit }) => `must have ${entries(limit)} or fewer`,
  unevaluatedItems: ({ limit }) => `must have ${entries(limit)} or fewer`,
  uniqueItems: ({ i, j }) => `has the same entry twice, as number ${Number(j) + 1} and ${Number(i) + 1}`,
  contains: ({ minContains, maxContains }) =>
    maxContains === undefined
      ? `must have ${entries(minContains ?? 1)} or more of the kind that is asked for`
      : `must have ${number(minContains ?? 1)} to ${entries(maxContains)} of the kind that is asked for`,
  anyOf: () => 'has none of the forms that it may have',
  oneOf: ({ passingSchemas }) =>
    passingSchemas === null
      ? 'has none of the forms that it may have'
      : 'has several forms of which it may have one only',
  not: () => 'has a form that it must not have',
  if: ({ failingKeyword }) =>
    failingKeyword === 'else' ? 'lacks what it needs otherwise' : 'lacks what it needs in this case',
  discriminator: ({ tag }) => `must name its kind in "${tag}"`,
  'false schema': () => 'must not be there',
}

/** The keywords that have words. */
export const FAULT_KEYWORDS: readonly string[] = Object.keys(WORDS)

export function schemaFault({ keyword, params }: SchemaFault): string {
  return Object.hasOwn(WORDS, keyword) ? (WORDS[keyword]?.(params) ?? INVALID) : INVALID
}

const INVALID = 'is not valid'

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function shown(value: unknown): string {
  const texts = Array.isArray(value) ? value.map((each) => JSON.stringify(each)) : [JSON.stringify(value)]
  const text = texts.join(', ')
  return text.length > MAX_CHOICES ? `${text.slice(0, MAX_CHOICES)}…` : text
}

function clipped(value: unknown): string {
  return String(value).slice(0, 200).replace(/\p{C}/gu, '?')
}

function number(limit: unknown): string {
  return Number(limit).toLocaleString('en', { maximumFractionDigits: 20 })
}

function counted(limit: unknown, one: string, many: string): string {
  return `${number(limit)} ${limit === 1 ? one : many}`
}

function characters(limit: unknown): string {
  return counted(limit, 'character', 'characters')
}

function entries(limit: unknown): string {
  return counted(limit, 'entry', 'entries')
}

function fields(limit: unknown): string {
  return counted(limit, 'field', 'fields')
}
