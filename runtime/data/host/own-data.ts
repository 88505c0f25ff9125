// The data of the standalone server: its store, and the data of every plugin.

import { join } from 'node:path'
import type { Store } from '../../../plugin-store/store.ts'
import type { PluginSnapshots } from '../snapshots/snapshots.ts'
import type { OwnData, OwnPlugin } from './sources.ts'

export interface OwnDataParts {
  readonly store: Pick<Store, 'folder' | 'paths'>
  readonly snapshots: Pick<PluginSnapshots, 'hasData'>
  /** All that are installed. */
  readonly plugins: () => Promise<
    readonly { readonly id: string; readonly name: string; readonly version: string | null }[]
  >
  readonly exportPlugin: OwnData['exportPlugin']
  readonly importPlugin: OwnData['importPlugin']
}

export function createOwnData({
  store,
  snapshots,
  plugins,
  exportPlugin,
  importPlugin,
}: OwnDataParts): OwnData {
  return {
    folder: store.folder,
    database: store.paths.database,
    artifacts: store.paths.artifacts,
    folderOf: (id) => join(store.paths.pluginData, id),
    async plugins() {
      const found: OwnPlugin[] = []
      for (const { id, name, version } of await plugins())
        found.push({ id, title: name, version: version ?? '0.0.0', hasData: await snapshots.hasData(id) })
      return found
    },
    exportPlugin,
    importPlugin,
  }
}
