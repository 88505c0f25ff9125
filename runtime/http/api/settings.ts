// The settings of a plugin. Secrets are write-only: they are never returned.

import { PluginParams } from '../../../sdk/api/plugins.ts'
import { SettingChanges, Settings } from '../../../sdk/api/settings.ts'
import { defineRoute } from './route.ts'

const ANSWER = {
  200: { description: 'Every setting that the plugin declares, by key', schema: Settings },
} as const
const PATH = { path: '/plugins/:id/settings', tag: 'settings', params: PluginParams } as const

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
    body: SettingChanges,
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN', 'SETTINGS_INVALID'],
    async handle({ params, body, actor, services }) {
      return { status: 200, json: await services.plugins.changeSettings(params.id, body, actor) }
    },
  }),
]
