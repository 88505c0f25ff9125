// The settings of a plugin. Secrets are write-only: what the runtime gives here has none.

import { FORMS } from '../../../sdk/manifest/names.ts'
import { Type } from '../../../sdk/schema.ts'
import { defineRoute } from './route.ts'
import { Anything, PluginParams, Settings } from './schemas.ts'

const ANSWER = {
  200: { description: 'Every setting that the plugin declares, by key', schema: Settings },
} as const
const PATH = { path: '/plugins/:id/settings', tag: 'settings', params: PluginParams } as const

/** Any key that a manifest may declare; which ones there are, the plugin says. */
const Changes = Type.Record(Type.String({ pattern: FORMS.settingKey.pattern }), Anything, {
  additionalProperties: false,
  maxProperties: 200,
  description: 'Values by key; null returns a setting to its default',
})

export const settingsRoutes = [
  defineRoute({
    ...PATH,
    method: 'GET',
    operationId: 'getSettings',
    summary: 'The settings of a plugin',
    permission: 'plugins.view',
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN'],
    async handle({ params, services }) {
      return { status: 200, json: await services.plugins.settings(params.id) }
    },
  }),
  defineRoute({
    ...PATH,
    method: 'PATCH',
    operationId: 'changeSettings',
    summary: 'Change settings of a plugin',
    permission: 'plugins.manage',
    body: Changes,
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN', 'SETTINGS_INVALID'],
    async handle({ params, body, actor, services }) {
      return { status: 200, json: await services.plugins.changeSettings(params.id, body, actor) }
    },
  }),
]
