// The settings of a plugin. Secrets are write-only: they are never returned.

import { PluginParams } from '../../../sdk/api/plugins.ts'
import { HostSettings, SettingChanges, Settings, SettingsProblems } from '../../../sdk/api/settings.ts'
import { defineRoute } from './route.ts'
import type { ApiServices } from './services.ts'

const ANSWER = {
  200: { description: 'Every setting that the plugin declares, by key', schema: Settings },
} as const
const PATH = { path: '/plugins/:id/settings', tag: 'settings', params: PluginParams } as const

const HOST = {
  path: '/host/settings',
  tag: 'settings',
  responses: { 200: { description: 'Every setting that it declares, by key', schema: HostSettings } },
} as const

export const settingsRoutes = [
  defineRoute({
    method: 'GET',
    path: '/settings/problems',
    tag: 'settings',
    operationId: 'getSettingsProblems',
    summary: 'What is wrong with settings.toml and with variables of settings',
    permission: 'plugins.view',
    responses: { 200: { description: 'The problems, none when all is well', schema: SettingsProblems } },
    async handle({ services }) {
      return { status: 200, json: { problems: await services.plugins.settingsProblems() } }
    },
  }),
  defineRoute({
    ...HOST,
    method: 'GET',
    operationId: 'getHostSettings',
    summary: 'The settings of the application',
    permission: 'plugins.view',
    async handle({ services }) {
      return { status: 200, json: ofHost(services) }
    },
  }),
  defineRoute({
    ...HOST,
    method: 'PATCH',
    operationId: 'changeHostSettings',
    summary: 'Change settings of the application',
    permission: 'plugins.manage',
    body: SettingChanges,
    errors: ['SETTINGS_INVALID'],
    async handle({ body, actor, services }) {
      await services.hostSettings.change(body, actor)
      return { status: 200, json: ofHost(services) }
    },
  }),
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

function ofHost({ hostSettings, points }: ApiServices): HostSettings {
  const { views: settings, problems } = hostSettings
  return { id: points.host.id, settings, problems: [...problems] }
}
