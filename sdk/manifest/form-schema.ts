// A restricted JSON Schema: what a form can show and a person can fill in. For settings and for arguments of actions.
// Invariant: no pattern and no $ref, so checking a value against an author's schema takes linear time and no network.

import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { FORMAT_NAMES, STRING_FORMATS } from '../settings/formats.ts'
import { nameOf } from './name-schemas.ts'
import { FORMS } from './names.ts'
import { textOf } from './text-schema.ts'

const length = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, description }))
const amount = (description: string) => Type.Optional(Type.Number({ description }))
const choices = Type.Array(Type.Union([Type.String({ maxLength: 1000 }), Type.Number()]), {
  minItems: 1,
  maxItems: 1000,
  description: 'The values to choose from',
})
const MEANING = 'What the value is (docs/settings.md); "secret" hides it once it is set'
const format = Type.Optional(Type.Enum([...FORMAT_NAMES], { description: MEANING }))
const item = Type.Object(
  {
    type: Type.Literal('string', { description: 'Lists hold strings' }),
    title: Type.Optional(textOf(200, 'Label of one item')),
    description: Type.Optional(textOf(2000, 'Explains one item')),
    enum: Type.Optional(choices),
    format: Type.Optional(Type.Enum([...STRING_FORMATS], { description: 'What an item is' })),
    minLength: length('Fewest characters of an item'),
    maxLength: length('Most characters of an item'),
  },
  { additionalProperties: false, description: 'The items of a list' },
)

const property = Type.Object(
  {
    type: Type.Enum(['string', 'number', 'integer', 'boolean', 'array'], {
      description: 'Kind of the value',
    }),
    title: Type.Optional(textOf(200, 'Label in the form')),
    description: Type.Optional(textOf(2000, 'Explains the field')),
    default: Type.Optional(Type.Unknown({ description: 'Value until one is set' })),
    examples: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 20, description: 'Example values' })),
    enum: Type.Optional(choices),
    format,
    minLength: length('Fewest characters of a string'),
    maxLength: length('Most characters of a string'),
    minimum: amount('Smallest number'),
    maximum: amount('Largest number'),
    exclusiveMinimum: amount('The number must be larger than this'),
    exclusiveMaximum: amount('The number must be smaller than this'),
    multipleOf: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'The number must be a multiple of this' }),
    ),
    items: Type.Optional(item),
    minItems: length('Fewest items of a list'),
    maxItems: length('Most items of a list'),
    uniqueItems: Type.Optional(Type.Boolean({ description: 'Whether every item of a list must differ' })),
    'x-advanced': Type.Optional(
      Type.Boolean({ description: 'Whether the form shows the field on demand only' }),
    ),
    'x-clear-after': Type.Optional(
      Type.Boolean({ description: 'Whether the form empties the field after an action was run' }),
    ),
    'x-secret-field': Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_.\\-]+$',
        minLength: 1,
        maxLength: 64,
        description:
          'Of a secret: the one field of a query or a form that it may be sent in, besides headers, such as "appid"',
      }),
    ),
    'x-context': Type.Optional(
      nameOf('dottedName', 100, 'In arguments: the value is the id of an object of this context'),
    ),
  },
  { additionalProperties: false, description: 'One field of the form' },
)

/** A form: an object of named fields. `description` explains its purpose. */
export function formSchema(description: string) {
  return Type.Object(
    {
      type: Type.Literal('object', { description: 'A form is an object' }),
      title: Type.Optional(textOf(200, 'Heading of the form')),
      description: Type.Optional(textOf(2000, 'Explains the form')),
      properties: Type.Optional(
        Type.Record(Type.String({ pattern: FORMS.settingKey.pattern }), property, {
          additionalProperties: false,
          maxProperties: 200,
          propertyNames: { maxLength: 64 },
          description: 'The fields of the form, by key',
        }),
      ),
      required: Type.Optional(
        Type.Array(Type.String({ maxLength: 64 }), {
          maxItems: 200,
          description: 'Keys that must have a value',
        }),
      ),
      additionalProperties: Type.Optional(
        Type.Literal(false, { description: 'Unknown keys are always refused, with or without this field' }),
      ),
    },
    { additionalProperties: false, description },
  )
}

/** One field of a form. */
export type FormProperty = DeepReadonly<Static<typeof property>>
/** A form: the type of "settings" in a manifest, and of "arguments" of an action. */
export type FormSchema = DeepReadonly<Static<ReturnType<typeof formSchema>>>
