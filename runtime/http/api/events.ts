// What happens in the runtime, as it happens.

import { lastEventId } from './event-stream.ts'
import { defineRoute, type RouteInput } from './route.ts'
import { EventData } from './schemas.ts'

export const eventRoutes = [
  defineRoute({
    method: 'GET',
    path: '/events',
    operationId: 'followEvents',
    summary: 'Follow what happens: plugins change their state, devices come and go',
    tag: 'events',
    permission: 'events.view',
    responses: {
      200: {
        description: 'A stream that goes on after Last-Event-ID',
        events: { 'plugin.state': EventData, 'plugin.removed': EventData, 'usb.change': EventData },
      },
    },
    errors: ['TOO_MANY_LISTENERS'],
    handle: follow,
  }),
]

async function follow({ request, services, stillAllowed, streams }: RouteInput): Promise<Response> {
  const seen = lastEventId(request)
  return streams.open({
    request,
    stillAllowed,
    start: (send) =>
      services.plugins.followEvents(({ id, type, data }) => send({ event: type, id, data }), seen),
  })
}
