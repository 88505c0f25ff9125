// The volumes that plugins may keep files on, as an administrator sees them.

import { listOf } from '../../../sdk/api/lists.ts'
import { Volume } from '../../../sdk/api/volumes.ts'
import { defineRoute } from './route.ts'

export const volumeRoutes = [
  defineRoute({
    method: 'GET',
    path: '/volumes',
    operationId: 'listVolumes',
    summary: 'The volumes of this machine',
    tag: 'devices',
    permission: 'devices.view',
    responses: {
      200: {
        description:
          'All of them, on one page: removable drives that are mounted, and the folders of "volumes.roots" of the configuration',
        schema: listOf(Volume),
      },
    },
    async handle({ services }) {
      const found = await services.volumes.list()
      const items = found.map(({ metadata, ...volume }) => ({ ...volume, metadata: { ...metadata } }))
      return { status: 200, json: { items, nextCursor: null } }
    },
  }),
]
