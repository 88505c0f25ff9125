// Values that a plugin sets for others: settings of other plugins, and values for the templates of the application.

import { Type } from '../schema.ts'
import { formSchema } from './form-schema.ts'
import { FORMS } from './names.ts'
import { valuesSchema } from './values.ts'

const values = (description: string) =>
  Type.Record(Type.String({ pattern: FORMS.settingKey.pattern }), Type.Unknown(), {
    additionalProperties: false,
    maxProperties: 200,
    propertyNames: { maxLength: 64 },
    description,
  })

export const configurationFields = {
  settings: Type.Optional(
    formSchema('The settings of the plugin: a restricted JSON Schema, shown as a form'),
  ),
  settingDefaults: Type.Optional(
    Type.Record(
      Type.String({ pattern: FORMS.id.pattern }),
      values('Settings of that plugin and their new defaults'),
      {
        additionalProperties: false,
        maxProperties: 50,
        description: 'Different defaults for settings of other plugins and of the application, by id',
      },
    ),
  ),
  settingAppends: Type.Optional(
    Type.Record(
      Type.String({ pattern: FORMS.id.pattern }),
      Type.Record(
        Type.String({ pattern: FORMS.settingKey.pattern }),
        Type.Array(Type.Unknown(), { minItems: 1, maxItems: 100, description: 'The items' }),
        {
          additionalProperties: false,
          maxProperties: 200,
          propertyNames: { maxLength: 64 },
          description: 'Lists among its settings, and what comes behind their items',
        },
      ),
      {
        additionalProperties: false,
        maxProperties: 50,
        description:
          'Items for settings of the application that are lists and allow it, by id of the application',
      },
    ),
  ),
  values: Type.Optional(valuesSchema),
}
