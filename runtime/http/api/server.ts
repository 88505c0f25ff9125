// The server itself, for the administrator.

import { Server } from '../../../sdk/api/server.ts'
import { defineRoute } from './route.ts'

export const serverRoutes = [
  defineRoute({
    method: 'GET',
    path: '/server',
    operationId: 'getServer',
    summary: 'Version, processes, jail, disk, and the configuration with its sources',
    tag: 'server',
    permission: 'server.view',
    responses: { 200: { description: 'As it is now', schema: Server } },
    async handle({ services }) {
      return { status: 200, json: await services.server() }
    },
  }),
]
