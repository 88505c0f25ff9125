// Values that a plugin sets for others: settings of other plugins, and the configuration of the application.

import { Type } from '../schema.ts'
import { formSchema } from './form-schema.ts'
import { FORMS } from './names.ts'

const values = (form: 'settingKey' | 'configKey', description: string) =>
  Type.Record(Type.String({ pattern: FORMS[form].pattern }), Type.Unknown(), {
    additionalProperties: false,
    maxProperties: 200,
    description,
  })

export const configurationFields = {
  settings: Type.Optional(
    formSchema('The settings of the plugin: a restricted JSON Schema, shown as a form'),
  ),
  settingDefaults: Type.Optional(
    Type.Record(
      Type.String({ pattern: FORMS.id.pattern }),
      values('settingKey', 'Settings of that plugin and their new defaults'),
      {
        additionalProperties: false,
        maxProperties: 50,
        description: 'Different defaults for settings of other plugins, by plugin id',
      },
    ),
  ),
  config: Type.Optional(
    Type.Object(
      {
        add: Type.Optional(
          values(
            'configKey',
            'New values, made once and then kept; their names get the prefix of the plugin',
          ),
        ),
        defaults: Type.Optional(
          values(
            'configKey',
            'Values that apply until they are set explicitly; their names get the prefix of the plugin',
          ),
        ),
        set: Type.Optional(
          values('configKey', 'Values of the application that the plugin changes while it is enabled'),
        ),
      },
      { additionalProperties: false, description: 'Values for the templates of the application' },
    ),
  ),
}
