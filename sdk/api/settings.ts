// The settings of a plugin.

import { FORMS } from '../manifest/names.ts'
import { Type } from '../schema.ts'
import { Anything, STRICT, type TypeOf } from './shape.ts'

export const Setting = Type.Object(
  {
    value: Type.Optional(Type.Unknown({ description: 'Never that of a secret' })),
    source: Type.Enum(['default', 'stored', 'environment']),
    schema: Anything,
  },
  STRICT,
)
export type Setting = TypeOf<typeof Setting>

export const Settings = Type.Record(Type.String(), Setting)
/** Every setting that the plugin declares, by key. */
export type Settings = TypeOf<typeof Settings>

/** Any key that a manifest may declare; the plugin's manifest decides which ones exist. */
export const SettingChanges = Type.Record(Type.String({ pattern: FORMS.settingKey.pattern }), Anything, {
  ...STRICT,
  maxProperties: 200,
  description: 'Values by key; null returns a setting to its default',
})
export type SettingChanges = TypeOf<typeof SettingChanges>
