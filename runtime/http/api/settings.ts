// The settings of a plugin. Secrets are write-only: they are never returned.

import { LanguageQuery, PluginParams } from '../../../sdk/api/plugins.ts'
import { HostSettings, SettingChanges, Settings, SettingsProblems } from '../../../sdk/api/settings.ts'
import type { FormProperty } from '../../../sdk/manifest/form-schema.ts'
import { fieldIn } from '../../../sdk/manifest/form-texts.ts'
import { languageOf } from './in-language.ts'
import { defineRoute, type RouteInput } from './route.ts'

const ANSWER = {
  200: { description: 'Every setting that the plugin declares, by key', schema: Settings },
} as const
const PATH = {
  path: '/plugins/:id/settings',
  tag: 'settings',
  params: PluginParams,
  query: LanguageQuery,
} as const

const HOST = {
  path: '/host/settings',
  tag: 'settings',
  query: LanguageQuery,
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
    async handle(input) {
      return { status: 200, json: ofHost(input) }
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
    async handle(input) {
      const { body, actor, services } = input
      await services.hostSettings.change(body, actor)
      return { status: 200, json: ofHost(input) }
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
    async handle(input) {
      const { params, services } = input
      return { status: 200, json: inLanguage(await services.plugins.settings(params.id), input) }
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
    async handle(input) {
      const { params, body, actor, services } = input
      const settings = await services.plugins.changeSettings(params.id, body, actor)
      return { status: 200, json: inLanguage(settings, input) }
    },
  }),
]

type Asked = Pick<RouteInput, 'request' | 'principal' | 'services'> & {
  readonly query: { readonly language?: string }
}

function ofHost(input: Asked): HostSettings {
  const { hostSettings, points } = input.services
  const { views, problems } = hostSettings
  return { id: points.host.id, settings: inLanguage(views, input), problems: [...problems] }
}

/** Titles and descriptions in the language of the caller. */
function inLanguage(settings: Settings, input: Asked): Settings {
  const { languages } = input.services
  const language = languageOf(input, input.query.language)
  return Object.fromEntries(
    Object.entries(settings).map(([key, setting]) => {
      // A form was checked with its package, and the application's own when it started.
      const schema = fieldIn(setting.schema as FormProperty, (text) => languages.text(text, language))
      return [key, { ...setting, schema }]
    }),
  )
}
