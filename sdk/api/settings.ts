// The settings of a plugin.

import { FORMS } from '../manifest/names.ts'
import { Type } from '../schema.ts'
import { Problem } from './problems.ts'
import { Anything, STRICT, Text, type TypeOf } from './shape.ts'

export const Setting = Type.Object(
  {
    value: Type.Optional(Type.Unknown({ description: 'Never that of a secret' })),
    source: Type.Enum(['default', 'plugin', 'stored', 'file', 'environment', 'command-line'], {
      description:
        'Where the value comes from, weakest first: the manifest, another plugin that changes the default, the administrator, settings.toml, a variable, the command line of the server',
    }),
    from: Type.Optional(
      Type.String({
        description: 'The plugin, the file, the variable or the flag that the value comes from',
      }),
    ),
    variable: Type.String({ description: 'The environment variable of the setting' }),
    appended: Type.Optional(
      Type.Array(Type.Object({ by: Text, items: Type.Array(Anything) }, STRICT), {
        description: 'What plugins append to a list of the application, in order; part of the value',
      }),
    ),
    schema: Anything,
  },
  STRICT,
)
export type Setting = TypeOf<typeof Setting>

export const Settings = Type.Record(Type.String(), Setting)
/** Every setting that the plugin declares, by key. */
export type Settings = TypeOf<typeof Settings>

export const SettingsProblems = Type.Object(
  { problems: Type.Array(Problem) },
  {
    ...STRICT,
    description: 'What is wrong with settings.toml, and with variables that no installed plugin has',
  },
)
export type SettingsProblems = TypeOf<typeof SettingsProblems>

export const HostSettings = Type.Object(
  {
    id: Type.String({ description: 'Of the application' }),
    settings: Settings,
    problems: Type.Array(Problem),
  },
  { ...STRICT, description: 'The settings of the application itself' },
)
export type HostSettings = TypeOf<typeof HostSettings>

/** Any key that a manifest may declare; the plugin's manifest decides which ones exist. */
export const SettingChanges = Type.Record(Type.String({ pattern: FORMS.settingKey.pattern }), Anything, {
  ...STRICT,
  maxProperties: 200,
  description: 'Values by key; null returns a setting to its default',
})
export type SettingChanges = TypeOf<typeof SettingChanges>
