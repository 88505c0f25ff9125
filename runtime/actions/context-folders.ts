// The folders of an object that an action, or a task of an action, works in.
// Invariant: paths are the application's and stay here; what a plugin may do there is looked up for every operation.

import type { FolderOfContext } from '../../sdk/host/contexts.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { PlugbayError } from '../errors.ts'
import type { Files } from '../files/files.ts'
import type { Folder, FolderMode } from '../files/folder.ts'
import type { Points } from '../host/points.ts'

export interface ContextFolderParts {
  readonly points: Points
  readonly files: Pick<Files, 'grant'>
  readonly live: Pick<LivePlugins, 'get'>
}

export interface ObjectOfContext {
  readonly context: string
  readonly object: unknown
}

export type GivenFolders = Readonly<Record<string, Folder>>

const MAX_FOLDERS = 10

export class ContextFolders {
  readonly #parts: ContextFolderParts

  constructor(parts: ContextFolderParts) {
    this.#parts = parts
  }

  /** By name; none for a plugin without the grant. Rejects with what the application throws. */
  async of(pluginId: string, { context, object }: ObjectOfContext): Promise<GivenFolders> {
    const point = this.#parts.points.find('contexts', context)?.point
    if (point?.folders === undefined || !this.#isGranted(pluginId, 'read')) return {}
    const declared = Object.entries(await point.folders(object)).slice(0, MAX_FOLDERS)
    return Object.fromEntries(declared.map(([name, folder]) => [name, this.#grant(pluginId, name, folder)]))
  }

  #grant(pluginId: string, name: string, folder: FolderOfContext): Folder {
    const { path, mode = 'readwrite' } = typeof folder === 'string' ? { path: folder } : folder
    return this.#parts.files.grant({
      pluginId,
      root: path,
      name,
      mode,
      permit: (wanted) => {
        if (!this.#isGranted(pluginId, wanted))
          throw new PlugbayError('PERMISSION_DENIED', `The plugin is not granted "folders": "${wanted}"`)
      },
    })
  }

  #isGranted(pluginId: string, mode: FolderMode): boolean {
    const plugin = this.#parts.live.get(pluginId)
    const granted = plugin?.kind === 'serving' ? plugin.grants.folders : undefined
    return granted === 'readwrite' || granted === mode
  }
}
