// The volumes that plugins may keep files on, as an administrator sees them, and has them mounted and ejected.

import { listOf } from '../../../sdk/api/lists.ts'
import { Volume, VolumeParams } from '../../../sdk/api/volumes.ts'
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
  driveRoute('mount', 'mountVolume', 'Mount a drive'),
  driveRoute('unmount', 'unmountVolume', 'Unmount a drive'),
  driveRoute('eject', 'ejectVolume', 'Unmount a drive, and power it off'),
]

/** By udisks2, where "volumes.udisks" allows it. */
function driveRoute(verb: 'mount' | 'unmount' | 'eject', operationId: string, summary: string) {
  return defineRoute({
    method: 'POST',
    path: `/volumes/:id/${verb}`,
    operationId,
    summary,
    tag: 'devices',
    permission: 'volumes.manage',
    params: VolumeParams,
    responses: { 204: { description: 'It is done, or was so already' } },
    errors: ['DRIVES_NOT_MANAGED', 'DRIVE_UNKNOWN', 'DRIVE_BUSY', 'DRIVE_FAILED'],
    async handle({ params, actor, services }) {
      await services.drives[verb](params.id, actor)
      return { status: 204 }
    },
  })
}
