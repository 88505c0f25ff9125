// The events of the runtime, live.

import { RUNTIME_EVENTS } from '../../../sdk/api/events.ts'
import { lastEventId } from './event-stream.ts'
import { defineRoute, type RouteInput } from './route.ts'

export const eventRoutes = [
  defineRoute({
    method: 'GET',
    path: '/events',
    operationId: 'followEvents',
    summary: 'Follow what happens: plugins change their state and are removed',
    tag: 'events',
    permission: 'events.view',
    responses: {
      200: { description: 'A stream that goes on after Last-Event-ID', events: RUNTIME_EVENTS },
    },
    errors: ['TOO_MANY_LISTENERS'],
    handle: follow,
  }),
]

async function follow(input: RouteInput): Promise<Response> {
  const { request, principal, services, stillAllowed, onEnded, streams } = input
  const seen = lastEventId(request)
  return streams.open({
    request,
    principal,
    stillAllowed,
    onEnded,
    start: (send) =>
      services.plugins.subscribeEvents(({ id, type, data }) => send({ event: type, id, data }), seen),
  })
}
