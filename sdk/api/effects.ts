// What enabling or disabling a plugin changes for others: their settings, the values of templates, and the extension points that it contributes to.

import { ORDERED_KIND_NAMES } from '../host/point-kinds.ts'
import { Type } from '../schema.ts'
import { Problem } from './problems.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'
import { Value } from './values.ts'

const SettingState = Type.Object(
  {
    value: Type.Optional(Type.Unknown({ description: 'Never that of a secret' })),
    source: Text,
    from: Type.Optional(Text),
  },
  STRICT,
)

const ChangedSetting = Type.Object(
  {
    of: Type.String({ description: 'Id of the plugin or of the application that has the setting' }),
    key: Text,
    before: SettingState,
    after: SettingState,
  },
  STRICT,
)
export type ChangedSetting = TypeOf<typeof ChangedSetting>

const ChangedPoint = Type.Object(
  {
    kind: Type.Enum([...ORDERED_KIND_NAMES]),
    name: Text,
    contributes: Type.Boolean({
      description: 'Whether the plugin contributes to it from now on, or no more',
    }),
    problems: Type.Array(Problem, { description: 'Conflicts there, as they are now' }),
  },
  STRICT,
)
export type ChangedPoint = TypeOf<typeof ChangedPoint>

const { source, by } = Value.properties
const ValueState = Type.Object(
  {
    template: Type.Optional(
      Type.Unknown({ description: 'As it is written, before it is rendered; never that of a secret' }),
    ),
    ...{ source, by },
  },
  STRICT,
)

const ChangedValue = Type.Object(
  { name: Text, before: orNull(ValueState), after: orNull(ValueState) },
  { ...STRICT, description: 'null: there was, or is, no such value' },
)
export type ChangedValue = TypeOf<typeof ChangedValue>

export const Effects = Type.Object(
  {
    settings: Type.Array(ChangedSetting),
    values: Type.Array(ChangedValue, { description: 'For templates of the application' }),
    points: Type.Array(ChangedPoint),
  },
  {
    ...STRICT,
    description:
      'What has changed for others: settings of plugins and of the application, values for templates, and extension points',
  },
)
export type Effects = TypeOf<typeof Effects>
