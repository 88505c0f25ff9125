// Installed plugins: reading and administering them.

import { AccessRequest } from '../../../sdk/api/access.ts'
import { Evidence } from '../../../sdk/api/evidence.ts'
import { listOf, PageQuery } from '../../../sdk/api/lists.ts'
import { Permissions } from '../../../sdk/api/permissions.ts'
import {
  Installation,
  PluginParams,
  RollbackRequest,
  UninstallAnswer,
  UninstallQuery,
} from '../../../sdk/api/plugins.ts'
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
    query: PageQuery,
    responses: { 200: { description: 'The plugins, by id', schema: listOf(Installation) } },
    async handle({ query, services }) {
      return { status: 200, json: pageOf(await services.plugins.list(), query) }
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
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN'],
    async handle({ params, services }) {
      return { status: 200, json: await services.plugins.get(params.id) }
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
  command('enable', 'Enable a plugin', (plugins, id, actor) => plugins.enable(id, actor)),
  command('disable', 'Disable a plugin', (plugins, id, actor) => plugins.disable(id, actor)),
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
    async handle({ params, body, actor, services }) {
      return { status: 200, json: await services.plugins.rollback(params.id, actor, body.version) }
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
    async handle({ params, body, actor, services }) {
      return { status: 200, json: await services.plugins.setGrants(params.id, body, actor) }
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
    async handle({ params, body, actor, services }) {
      return { status: 200, json: await services.plugins.setAccess(params.id, body, actor) }
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

type Command = (plugins: ApiServices['plugins'], id: string, actor: string) => Promise<Installation>

function command(name: string, summary: string, run: Command) {
  return defineRoute({
    ...MANAGED,
    method: 'POST',
    path: `/plugins/:id/${name}`,
    operationId: `${name}Plugin`,
    summary,
    responses: ANSWER,
    errors: ['PLUGIN_UNKNOWN', 'STATE_CONFLICT'],
    async handle({ params, actor, services }: RouteInput<{ id: string }>) {
      return { status: 200, json: await run(services.plugins, params.id, actor) }
    },
  })
}
