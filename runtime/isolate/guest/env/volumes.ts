// env.volumes: the volumes of the host, and the plugin's own folder on each.

import type { Volume, Volumes } from '../../../../sdk/plugin-api/volumes.ts'
import type { FolderGrant } from '../../../../sdk/protocol/file-wire.ts'
import { ask } from '../web/files/ask.ts'
import { grantedFolder } from '../web/files/handles.ts'
import type { HostCall } from './host-calls.ts'

export function createVolumes(call: HostCall): Volumes {
  return Object.freeze({
    list: async () => (await ask(call, 'volumes.list', [])).head as readonly Volume[],
    open: async (id: string) =>
      grantedFolder(call, (await ask(call, 'volumes.open', [id])).head as FolderGrant),
    eject: async (id: string) => {
      await ask(call, 'volumes.eject', [id])
    },
  }) as Volumes
}
