// The extension points of the application, for authors, for tools that make types, and for administrators.

import { ExtensionPoints, PointOrder, PointParams } from '../../../sdk/api/extension-points.ts'
import { changedSettings, extensionPoints, valueContributors } from '../../contributions/extension-points.ts'
import { defineRoute } from './route.ts'

export const extensionPointRoutes = [
  defineRoute({
    method: 'GET',
    path: '/extension-points',
    operationId: 'listExtensionPoints',
    summary: 'What plugins can contribute to, with schemas, and who does, in order',
    tag: 'extension points',
    permission: 'plugins.view',
    responses: {
      200: { description: 'The host and all of its points, on one page', schema: ExtensionPoints },
    },
    async handle({ services }) {
      const { points } = services
      const { id, version, languages, permissions, settings } = points.host
      const host = {
        id,
        version,
        ...(languages !== undefined && { languages }),
        ...(permissions !== undefined && { permissions }),
        ...(settings !== undefined && { settings }),
      }
      const items = [...extensionPoints(services)]
      const changed = { settings: [...changedSettings(services)], values: valueContributors(services) }
      return { status: 200, json: { host, items, ...changed, nextCursor: null } }
    },
  }),
  defineRoute({
    method: 'PUT',
    path: '/extension-points/:kind/:name/order',
    operationId: 'setPointOrder',
    summary: 'Put the plugins at a point into an order, which counts at once',
    tag: 'extension points',
    permission: 'plugins.manage',
    params: PointParams,
    body: PointOrder,
    responses: { 200: { description: 'The order as it is stored', schema: PointOrder } },
    errors: ['POINT_UNKNOWN', 'PLUGIN_UNKNOWN'],
    async handle({ params, body, actor, services: { plugins, orders } }) {
      const point = { kind: params.kind, name: params.name }
      await plugins.setOrder(point, body.plugins, actor)
      return { status: 200, json: { plugins: [...orders.of(point.kind, point.name)] } }
    },
  }),
]
