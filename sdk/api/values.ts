// Values for the templates of the application.

import { FORMS } from '../manifest/names.ts'
import { type TSchema, Type } from '../schema.ts'
import { Problem } from './problems.ts'
import { Anything, orNull, STRICT, Text, type TypeOf } from './shape.ts'

const Name = Type.String({ pattern: FORMS.valueKey.pattern, maxLength: 200 })

export const VALUE_SOURCES = ['default', 'plugin-default', 'plugin', 'kept', 'stored', 'environment'] as const

const Source = Type.Enum([...VALUE_SOURCES], {
  description:
    'Where a value comes from, weakest first: the application, the defaults of a plugin, what a plugin sets, what a plugin has added and is kept, the administrator, a variable of the server',
})

const Wanted = Type.Object(
  {
    source: Source,
    by: orNull(
      Type.String({ description: 'The application or plugin, or the variable; null: the administrator' }),
    ),
    template: Type.Optional(Type.Unknown({ description: 'As it is written; never that of a secret' })),
  },
  STRICT,
)

export const Value = Type.Object(
  {
    name: Text,
    value: Type.Optional(
      Type.Unknown({ description: 'Rendered; absent for a secret, and where it cannot be rendered' }),
    ),
    template: Type.Optional(
      Type.Unknown({ description: 'As it is written, where that differs; never that of a secret' }),
    ),
    source: Source,
    by: Wanted.properties.by,
    owner: orNull(
      Type.String({ description: 'Who declares the name: the application or a plugin; null: nobody' }),
    ),
    isSecret: Type.Boolean({ description: 'A secret, or made of one' }),
    others: Type.Array(Wanted, { description: 'Who else wanted it, weakest first' }),
    problem: orNull(Problem),
  },
  STRICT,
)
/** A value for templates, and why it is as it is. */
export type Value = TypeOf<typeof Value>

export const Values = Type.Object(
  {
    items: Type.Array(Value),
    problems: Type.Array(Problem, {
      description: 'Conflicts between plugins, unknown names, values that cannot be made',
    }),
    nextCursor: Type.Null(),
  },
  { ...STRICT, description: 'All values, by name, on one page' },
)
export type Values = TypeOf<typeof Values>

export const ValueParams = Type.Object({ name: Type.String({ maxLength: 200 }) }, STRICT)

const byName = <Shape extends TSchema>(description: string, value: Shape) =>
  Type.Optional(
    Type.Record(Type.String({ pattern: FORMS.valueKey.pattern }), value, {
      additionalProperties: false,
      maxProperties: 200,
      propertyNames: { maxLength: 200 },
      description,
    }),
  )

const Items = Type.Array(Anything, { minItems: 1, maxItems: 100 })

export const ValueChanges = Type.Object(
  {
    set: byName('Values by name', Anything),
    append: byName('What is appended to lists, unless it is there', Items),
    remove: byName('What is removed from lists', Items),
    unset: Type.Optional(
      Type.Array(Name, {
        maxItems: 200,
        description: 'Values to take back; one that a plugin has added, and nobody has set, is made anew',
      }),
    ),
  },
  { ...STRICT, description: 'Changes of values; all of them or none are made' },
)
export type ValueChanges = TypeOf<typeof ValueChanges>
