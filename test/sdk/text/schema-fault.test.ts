// The words for values that a schema refuses: of every keyword of the validator, in the tone of other messages.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { FAULT_KEYWORDS, schemaFault } from '../../../sdk/text/schema-fault.ts'

const openAjv = () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  return ajv
}
/** Some rules take "then" for a promise. */
const CASE = ['if', 'then'] as const

const ofTwo = { type: 'array', prefixItems: [true, true], minItems: 2 }

const CASES: readonly (readonly [
  keyword: string,
  schema: object | boolean,
  value: unknown,
  words: string,
])[] = [
  ['type', { type: 'integer' }, 'a', 'must be a whole number'],
  ['type', { type: ['string', 'null'] }, 1, 'must be a text or null'],
  ['enum', { enum: ['a', 2] }, 'b', 'must be one of "a", 2'],
  ['const', { const: { a: 1 } }, 1, 'must be {"a":1}'],
  ['required', { type: 'object', required: ['a'] }, {}, 'lacks "a"'],
  ['additionalProperties', { type: 'object', additionalProperties: false }, { b: 1 }, 'has no field "b"'],
  ['unevaluatedProperties', { type: 'object', unevaluatedProperties: false }, { b: 1 }, 'has no field "b"'],
  ['dependentRequired', { type: 'object', dependentRequired: { a: ['b'] } }, { a: 1 }, 'has "a" but not "b"'],
  [
    'propertyNames',
    { type: 'object', propertyNames: false },
    { b: 1 },
    'cannot have a field with the name "b"',
  ],
  ['minProperties', { type: 'object', minProperties: 1 }, {}, 'must have 1 field or more'],
  ['maxProperties', { type: 'object', maxProperties: 0 }, { a: 1 }, 'must have 0 fields or fewer'],
  ['minimum', { type: 'number', minimum: 0.5 }, 0, 'must be 0.5 or more'],
  ['maximum', { type: 'number', maximum: 1000 }, 1001, 'must be 1,000 or less'],
  ['exclusiveMinimum', { type: 'number', exclusiveMinimum: 1 }, 1, 'must be more than 1'],
  ['exclusiveMaximum', { type: 'number', exclusiveMaximum: 1 }, 1, 'must be less than 1'],
  ['multipleOf', { type: 'number', multipleOf: 5 }, 7, 'must be a multiple of 5'],
  ['minLength', { type: 'string', minLength: 1 }, '', 'must not be empty'],
  ['minLength', { type: 'string', minLength: 2 }, 'a', 'must have 2 characters or more'],
  ['maxLength', { type: 'string', maxLength: 1 }, 'ab', 'must have 1 character or fewer'],
  ['pattern', { type: 'string', pattern: '^a$' }, 'b', 'must match the pattern ^a$'],
  ['format', { type: 'string', format: 'date' }, 'b', 'must have the format "date"'],
  ['minItems', { type: 'array', minItems: 1 }, [], 'must not be empty'],
  ['maxItems', { type: 'array', maxItems: 1 }, [1, 2], 'must have 1 entry or fewer'],
  ['items', { ...ofTwo, items: false }, [1, 2, 3], 'must have 2 entries or fewer'],
  ['unevaluatedItems', { ...ofTwo, unevaluatedItems: false }, [1, 2, 3], 'must have 2 entries or fewer'],
  [
    'uniqueItems',
    { type: 'array', uniqueItems: true },
    [1, 2, 1],
    'has the same entry twice, as number 1 and 3',
  ],
  [
    'contains',
    { type: 'array', contains: { const: 1 } },
    [2],
    'must have 1 entry or more of the kind that is asked for',
  ],
  [
    'contains',
    { type: 'array', contains: { const: 1 }, maxContains: 2 },
    [1, 1, 1],
    'must have 1 to 2 entries of the kind that is asked for',
  ],
  ['anyOf', { anyOf: [{ const: 1 }, { const: 2 }] }, 3, 'has none of the forms that it may have'],
  ['oneOf', { oneOf: [{ const: 1 }, { const: 2 }] }, 3, 'has none of the forms that it may have'],
  ['oneOf', { oneOf: [true, true] }, 3, 'has several forms of which it may have one only'],
  ['not', { not: { const: 1 } }, 1, 'has a form that it must not have'],
  [
    'if',
    Object.fromEntries(CASE.map((name, index) => [name, index === 0 ? { const: 1 } : false])),
    1,
    'lacks what it needs in this case',
  ],
  ['if', { if: { const: 1 }, else: false }, 2, 'lacks what it needs otherwise'],
  ['false schema', false, 1, 'must not be there'],
]

for (const [keyword, schema, value, words] of CASES)
  test(`A4: the words for ${keyword} in ${JSON.stringify(schema)}`, () => {
    const validate = openAjv().compile(schema)
    assert.equal(validate(value), false)
    const error = validate.errors?.find((each) => each.keyword === keyword)
    assert.ok(error, JSON.stringify(validate.errors))
    assert.equal(schemaFault(error), words)
  })

/** Of options and dialects that no schema of ours uses; ajv could still report them. */
const OTHER = ['dependencies', 'additionalItems', 'discriminator']

test('A4: every keyword that the validator can report has words', () => {
  const { all, types } = openAjv().RULES
  const applied = Object.keys(all).filter((name) => typeof all[name] === 'object')
  const keywords = new Set([...applied, ...(Object.keys(types).length > 0 ? ['type'] : []), 'false schema'])
  // They say nothing of their own: what is wrong is said by what they hold, or nothing is.
  const silent = [
    '$ref',
    '$dynamicRef',
    '$recursiveRef',
    'allOf',
    'properties',
    'patternProperties',
    'prefixItems',
    'dependentSchemas',
    'then',
    'else',
    'nullable',
    'contentEncoding',
    'contentMediaType',
    'contentSchema',
    'id',
    'minContains',
    'maxContains',
  ]
  const wanted = [...keywords].filter((name) => !name.startsWith('$') && !silent.includes(name))
  assert.ok(wanted.length > 25, wanted.join())
  assert.deepEqual(
    wanted.filter((name) => !FAULT_KEYWORDS.includes(name)),
    [],
  )
  const tested = new Set(CASES.map(([keyword]) => keyword))
  const untested = FAULT_KEYWORDS.filter(
    (name) => !tested.has(name) && !OTHER.includes(name) && !name.startsWith('format'),
  )
  assert.deepEqual(untested, [])
  assert.equal(schemaFault({ keyword: 'toString', params: {} }), 'is not valid')
})
