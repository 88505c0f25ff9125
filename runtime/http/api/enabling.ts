// Enabling and disabling a plugin, and enabling, disabling and applying a list of them.

import { EnablingAnswer, EnablingRequest, SwitchAnswer } from '../../../sdk/api/enabling.ts'
import { PluginParams } from '../../../sdk/api/plugins.ts'
import type { Plugins } from '../../lifecycle/plugins.ts'
import { inLanguage } from './in-language.ts'
import { defineRoute } from './route.ts'

export const enablingRoutes = [
  one('enable', 'Enable a plugin'),
  one('disable', 'Disable a plugin'),
  several('enable', 'Enable several plugins; each is tried', 'enableAll'),
  several('disable', 'Disable several plugins; each is tried', 'disableAll'),
  several('apply', 'Enable exactly these plugins, and disable all others; each is tried', 'apply'),
]

function one(verb: 'enable' | 'disable', summary: string) {
  return defineRoute({
    method: 'POST',
    path: `/plugins/:id/${verb}`,
    operationId: `${verb}Plugin`,
    summary,
    tag: 'plugins',
    permission: 'plugins.manage',
    params: PluginParams,
    responses: { 200: { description: 'The plugin, and what has changed for others', schema: SwitchAnswer } },
    errors: ['PLUGIN_UNKNOWN', 'STATE_CONFLICT'],
    async handle(input) {
      const { params, actor, services } = input
      const answer = await services.plugins[verb](params.id, actor)
      return { status: 200, json: await inLanguage(answer, input) }
    },
  })
}

function several(
  verb: string,
  summary: string,
  method: keyof Pick<Plugins, 'enableAll' | 'disableAll' | 'apply'>,
) {
  return defineRoute({
    method: 'POST',
    path: `/plugins/${verb}`,
    operationId: `${verb}Plugins`,
    summary,
    tag: 'plugins',
    permission: 'plugins.manage',
    body: EnablingRequest,
    responses: {
      200: { description: 'What became of each, also when some or all have failed', schema: EnablingAnswer },
    },
    errors: [],
    async handle({ body, actor, services }) {
      return { status: 200, json: await services.plugins[method](body.ids, actor) }
    },
  })
}
