// What belongs to the data of a host, and in which version: its declaration, and in the standalone server the store and all plugins.

import type { DataSource } from '../../../sdk/host/data.ts'
import type { HostDeclaration } from '../../../sdk/host/declaration.ts'
import { textIn } from '../../../sdk/manifest/text.ts'
import { PlugbayError } from '../../errors.ts'
import type { SourceFacts } from './host-data-call.ts'

/** The data of the runtime itself, where it is a server of its own. */
export interface OwnData {
  /** The data folder. */
  readonly folder: string
  readonly database: string
  readonly artifacts: string
  /** The folder with the data of a plugin. */
  folderOf(id: string): string
  /** All that are installed. */
  plugins(): Promise<readonly OwnPlugin[]>
  /** A snapshot of the data of a plugin. Rejects as PluginSnapshots.snapshot(). */
  exportPlugin(id: string): Promise<PluginExport>
  /** Replaces the data of a plugin with a snapshot. Rejects as Plugins.importData(). */
  importPlugin(id: string, source: AsyncIterable<Uint8Array>): Promise<void>
}

export interface OwnPlugin {
  readonly id: string
  readonly title: string
  readonly version: string
  readonly hasData: boolean
}

export interface PluginExport {
  readonly bytes: number
  readonly chunks: AsyncIterable<Uint8Array>
  close(): Promise<void>
}

export interface Source extends SourceFacts {
  readonly place:
    | { readonly kind: 'folder'; readonly path: string }
    | { readonly kind: 'database'; readonly path: string }
    | { readonly kind: 'store'; readonly own: OwnData }
    | { readonly kind: 'plugin'; readonly id: string; readonly hasData: boolean; readonly own: OwnData }
}

export const STORE_NAME = 'store'
const PLUGIN_PREFIX = 'plugin.'

export interface SourceParts {
  readonly host: HostDeclaration
  /** Version of the runtime. */
  readonly version: string
  readonly own: OwnData | undefined
}

/** Also plugins without data. */
export async function listSources({ host, version, own }: SourceParts): Promise<readonly Source[]> {
  const declared = Object.entries(host.data ?? {}).map(([name, source]) =>
    declaredSource(name, source, host.version),
  )
  if (own === undefined) return declared
  const plugins = (await own.plugins()).map(
    (plugin): Source => ({
      name: `${PLUGIN_PREFIX}${plugin.id}`,
      title: plugin.title,
      kind: 'plugin',
      version: plugin.version,
      place: { kind: 'plugin', id: plugin.id, hasData: plugin.hasData, own },
    }),
  )
  const store: Source = {
    name: STORE_NAME,
    title: 'Plugins, settings, users and tasks',
    kind: 'store',
    version,
    place: { kind: 'store', own },
  }
  return [...declared, store, ...plugins]
}

/** Those that a snapshot holds. @param wanted all by default. @throws PlugbayError NOT_FOUND */
export function chosen(all: readonly Source[], wanted: readonly string[] | undefined): readonly Source[] {
  const held = all.filter(({ place }) => place.kind !== 'plugin' || place.hasData)
  if (wanted === undefined) return held
  const unknown = wanted.find((name) => !held.some((source) => source.name === name))
  if (unknown !== undefined) throw new PlugbayError('NOT_FOUND', `There is no data "${unknown}"`)
  return held.filter(({ name }) => wanted.includes(name))
}

function declaredSource(name: string, { title, folder, database }: DataSource, version: string): Source {
  const kind = folder === undefined ? 'database' : 'folder'
  // The declaration was checked: it has one of both.
  const path = folder ?? database ?? ''
  return { name, title: textIn(title, []), kind, version, place: { kind, path } }
}
