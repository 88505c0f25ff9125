// Installed plugins: reading and administering them.

import type { Actor } from '../../../plugin-store/store.ts'
import { AccessRequest } from '../../../sdk/api/access.ts'
import { Evidence } from '../../../sdk/api/evidence.ts'
import { listOf } from '../../../sdk/api/lists.ts'
import { Permissions } from '../../../sdk/api/permissions.ts'
import {
  Installation,
  LanguageQuery,
  PluginListQuery,
  PluginParams,
  ReplaceRequest,
  RollbackRequest,
  UninstallAnswer,
  UninstallQuery,
} from '../../../sdk/api/plugins.ts'
import { inLanguage } from './in-language.ts'
import { pageOf } from './lists.ts'
import { defineRoute, type RouteInput } from './route.ts'
import type { ApiServices } from './services.ts'

const ANSWER = { 200: { description: 'The plugin', schema: Installation } } as const
const MANAGED = { tag: 'plugins', permission: 'plugins.manage', params: PluginParams } as const

export const pluginRoutes = [
  defineRoute({
    method: 'GET',
    path: '/plugins',
    operationId: 'listPlugins',
    summary: 'List the installed plugins',
    tag: 'plugins',
    permission: 'plugins.view',
    query: PluginListQuery,
    responses: { 200: { description: 'The plugins, by id', schema: listOf(Installation) } },
    async handle(input) {
      const { query, services } = input
      const page = pageOf(await services.plugins.list(), query)
      const items = await Promise.all(page.items.map((each) => inLanguage(each, input, query.language)))
      return { status: 200, json: { ...page, items } }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/plugins/:id',
    operationId: 'getPlugin',
    summary: 'One installed plugin',
    tag: 'plugins',
    permission: 'plugins.view',
    params: PluginParams,
    query: LanguageQuery,
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN'],
    async handle(input) {
      const { params, query, services } = input
      const installation = await services.plugins.get(params.id)
      return { status: 200, json: await inLanguage(installation, input, query.language) }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/plugins/:id/evidence',
    operationId: 'getEvidence',
    summary: 'Why a plugin is in quarantine: its failures, last log lines and figures',
    tag: 'plugins',
    permission: 'plugins.view',
    params: PluginParams,
    responses: { 200: { description: 'The evidence', schema: Evidence } },
    errors: ['PLUGIN_UNKNOWN', 'NOT_FOUND'],
    async handle({ params, services }) {
      return { status: 200, json: await services.plugins.evidence(params.id) }
    },
  }),
  command('reload', 'Restart a plugin from its stored artifact', (plugins, id, actor) =>
    plugins.reload(id, actor),
  ),
  command('retry', 'Leave "failed" or "quarantined"', (plugins, id, actor) => plugins.retry(id, actor)),
  defineRoute({
    ...MANAGED,
    method: 'POST',
    path: '/plugins/:id/rollback',
    operationId: 'rollbackPlugin',
    summary: 'Go back to the release before, or to a version',
    body: RollbackRequest,
    bodyOptional: true,
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN', 'STATE_CONFLICT'],
    async handle(input) {
      const { params, body, actor, services } = input
      const installation = await services.plugins.rollback(params.id, actor, body.version)
      return { status: 200, json: await inLanguage(installation, input) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'POST',
    path: '/plugins/:id/replace',
    operationId: 'replacePlugin',
    summary: 'Let a plugin take the place of another one, with its data, settings, choices and grants',
    body: ReplaceRequest,
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN', 'STATE_CONFLICT', 'REPLACE_CONFLICT', 'GRANT_TOO_WIDE', 'SETTINGS_INVALID'],
    async handle(input) {
      const { params, body, actor, services } = input
      const installation = await services.plugins.replace(params.id, body, actor)
      return { status: 200, json: await inLanguage(installation, input) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'PUT',
    path: '/plugins/:id/grants',
    operationId: 'setGrants',
    summary: 'Grant what a plugin asks for, or less',
    body: Permissions,
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN', 'GRANT_TOO_WIDE'],
    async handle(input) {
      const { params, body, actor, services } = input
      const installation = await services.plugins.setGrants(params.id, body, actor)
      return { status: 200, json: await inLanguage(installation, input) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'PUT',
    path: '/plugins/:id/access',
    operationId: 'setAccess',
    summary: 'Tighten who reaches a plugin; null returns to what its manifest says',
    body: AccessRequest,
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN', 'GRANT_TOO_WIDE'],
    async handle(input) {
      const { params, body, actor, services } = input
      const installation = await services.plugins.setAccess(params.id, body, actor)
      return { status: 200, json: await inLanguage(installation, input) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'DELETE',
    path: '/plugins/:id',
    operationId: 'uninstallPlugin',
    summary: 'Uninstall a plugin',
    query: UninstallQuery,
    responses: {
      200: { description: 'Uninstalled, with warnings', schema: UninstallAnswer },
      204: { description: 'Uninstalled' },
    },
    errors: ['PLUGIN_UNKNOWN'],
    async handle({ params, query, actor, services }) {
      const options = { data: query.data ?? 'keep', actor }
      const warnings = await services.plugins.uninstall(params.id, options)
      return warnings.length === 0 ? { status: 204 } : { status: 200, json: { warnings } }
    },
  }),
]

type Command = (plugins: ApiServices['plugins'], id: string, actor: Actor) => Promise<Installation>

function command(name: string, summary: string, run: Command) {
  return defineRoute({
    ...MANAGED,
    method: 'POST',
    path: `/plugins/:id/${name}`,
    operationId: `${name}Plugin`,
    summary,
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN', 'STATE_CONFLICT'],
    async handle(input: RouteInput<{ id: string }>) {
      const { params, actor, services } = input
      const installation = await run(services.plugins, params.id, actor)
      return { status: 200, json: await inLanguage(installation, input) }
    },
  })
}
