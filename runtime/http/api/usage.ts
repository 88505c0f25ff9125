// What a plugin has used lately.

import { PluginParams } from '../../../sdk/api/plugins.ts'
import { UsageHistory, UsageQuery } from '../../../sdk/api/usage.ts'
import { defineRoute } from './route.ts'

export const usageRoutes = [
  defineRoute({
    method: 'GET',
    path: '/plugins/:id/usage',
    operationId: 'getUsageHistory',
    summary: 'CPU, memory, requests and errors of a plugin over the last hour or day',
    tag: 'plugins',
    permission: 'plugins.view',
    params: PluginParams,
    query: UsageQuery,
    responses: { 200: { description: 'Points in time, on one page', schema: UsageHistory } },
    errors: ['PLUGIN_UNKNOWN'],
    async handle({ params, query, services }) {
      const points = await services.plugins.usageHistory(params.id, query.period ?? 'hour')
      return { status: 200, json: { items: [...points], nextCursor: null } }
    },
  }),
]
