// Durable events on their way, and the dead ones, which an administrator lets go once more or discards.

import type { DeliveryRecord } from '../../../plugin-store/deliveries/delivery-records.ts'
import {
  ChangedDeliveries,
  DeadDeliveries,
  DeliveriesQuery,
  EventDelivery,
} from '../../../sdk/api/deliveries.ts'
import { listOf } from '../../../sdk/api/lists.ts'
import { defineRoute } from './route.ts'

const CHANGE = {
  method: 'POST',
  tag: 'events',
  permission: 'plugins.manage',
  body: DeadDeliveries,
  responses: { 200: { description: 'Done', schema: ChangedDeliveries } },
} as const

export const deliveryRoutes = [
  defineRoute({
    method: 'GET',
    path: '/deliveries',
    tag: 'events',
    operationId: 'listDeliveries',
    summary: 'Durable events that plugins have not handled yet, oldest first',
    permission: 'plugins.view',
    query: DeliveriesQuery,
    responses: { 200: { description: 'A page', schema: listOf(EventDelivery) } },
    async handle({ query, services }) {
      const { items, nextCursor } = await services.durable.list(query)
      return { status: 200, json: { items: items.map(viewOf), nextCursor } }
    },
  }),
  defineRoute({
    ...CHANGE,
    path: '/deliveries/retry',
    operationId: 'retryDeliveries',
    summary: 'Let dead deliveries wait again',
    async handle({ body, actor, services }) {
      return { status: 200, json: { count: await services.durable.retry(body, actor) } }
    },
  }),
  defineRoute({
    ...CHANGE,
    path: '/deliveries/discard',
    operationId: 'discardDeliveries',
    summary: 'Remove dead deliveries',
    async handle({ body, actor, services }) {
      return { status: 200, json: { count: await services.durable.discard(body, actor) } }
    },
  }),
]

function viewOf({
  id,
  pluginId,
  name,
  key,
  data,
  time,
  state,
  attempts,
  runAtMs,
  problem,
}: DeliveryRecord): EventDelivery {
  const nextAt = state === 'waiting' ? new Date(runAtMs).toISOString() : null
  return { id, plugin: pluginId, name, key, data, time, state, attempts, nextAt, problem }
}
