// The host calls behind env.volumes: the list, the plugin's own folder on a volume, and ejecting a drive.
// Invariant: a plugin reaches `<root>/<data folder>/<its id>` and nothing else of a volume; its grant is looked up for each operation.

import type { Volume } from '../../sdk/plugin-api/volumes.ts'
import { FileError } from '../../sdk/protocol/file-error.ts'
import type { FolderGrant } from '../../sdk/protocol/file-wire.ts'
import type { DriveCommands } from '../devices/volumes/drive-commands.ts'
import type { VolumeInfo, VolumePlace, Volumes } from '../devices/volumes/volumes.ts'
import { PlugbayError } from '../errors.ts'
import type { Files } from '../files/files.ts'
import type { Folder } from '../files/folder.ts'
import type { HandleTable } from '../sandbox/instance/handles.ts'
import { reporting } from './files.ts'
import type { Caller, Handlers } from './host-calls.ts'

interface VolumeParts {
  readonly volumes: Volumes
  readonly files: Files
  readonly drives: Pick<DriveCommands, 'eject'>
}

export function volumeHandlers(
  parts: VolumeParts,
): Pick<Handlers, 'volumes.list' | 'volumes.open' | 'volumes.eject'> {
  const opened = new OpenedVolumes()
  return {
    async 'volumes.list'(caller) {
      const mayWrite = isGranted(caller, 'readwrite')
      const found = await parts.volumes.list()
      const head = found
        .filter(({ problem }) => problem === null)
        .map((volume) => guestView(volume, mayWrite))
      return { head }
    },

    'volumes.open': reporting(async (caller, [id], _body, { handles }) => {
      const place = typeof id === 'string' ? parts.volumes.find(id) : undefined
      if (place === undefined) throw new FileError('NotFoundError', 'There is no such volume')
      const known = opened.get(handles, place)
      if (known !== undefined) return { head: known }
      let folder: Folder | undefined
      const handle = await handles.open('folder', async () => {
        folder = await openFolder(place, caller, parts)
        return folder
      })
      const grant: FolderGrant = { handle: handle ?? 0, name: folder?.name ?? '', key: folder?.key ?? 0 }
      opened.set(handles, place, grant)
      return { head: grant }
    }),

    async 'volumes.eject'({ pluginId, mandate }, [id]) {
      mandate.authorize({ permission: 'volumes', value: 'eject' })
      if (typeof id !== 'string') throw new PlugbayError('DRIVE_UNKNOWN')
      await parts.drives.eject(id, `plugin ${pluginId}`)
      return { head: null }
    },
  }
}

async function openFolder(
  place: VolumePlace,
  caller: Caller,
  { volumes, files }: VolumeParts,
): Promise<Folder> {
  const { pluginId, mandate, limits } = caller
  const granted = {
    pluginId,
    root: place.path,
    base: [place.dataFolder, pluginId],
    name: pluginId,
    mode: 'readwrite',
    maxBytes: limits.volumeBytes,
    isOwn: true,
    permit(mode: 'read' | 'readwrite') {
      mandate.authorize({ permission: 'volumes', value: mode })
      if (!volumes.isThere(place)) throw new PlugbayError('FOLDER_GONE', 'The volume was removed')
    },
  } as const
  try {
    if (!caller.isReadOnly) await files.prepare(granted)
  } catch (error) {
    // What a drive that is read-only holds already can be read.
    if (!(error instanceof FileError) || error.code !== 'NotAllowedError') throw error
  }
  return files.grant(granted)
}

function isGranted({ mandate }: Caller, value: 'read' | 'readwrite'): boolean {
  try {
    mandate.authorize({ permission: 'volumes', value })
    return true
  } catch {
    return false // The refusal is the answer.
  }
}

/** Without what is the operator's: paths and names of folders on the machine. */
function guestView(volume: VolumeInfo, mayWrite: boolean): Volume {
  const { path: _path, dataFolder: _folder, problem: _problem, writable, ...seen } = volume
  return { ...seen, writable: writable && mayWrite }
}

/** Every open() of one volume in one instance gives the same handle, until its drive is pulled out. */
class OpenedVolumes {
  readonly #grants = new WeakMap<HandleTable, Map<string, FolderGrant>>()

  /** Undefined when the handle has been closed. */
  get(handles: HandleTable, place: VolumePlace): FolderGrant | undefined {
    return this.#grants.get(handles)?.get(keyOf(place))
  }

  set(handles: HandleTable, place: VolumePlace, grant: FolderGrant): void {
    const grants = this.#grants.get(handles) ?? new Map<string, FolderGrant>()
    this.#grants.set(handles, grants.set(keyOf(place), grant))
  }
}

function keyOf({ id, mount }: VolumePlace): string {
  return `${id} ${mount}`
}
