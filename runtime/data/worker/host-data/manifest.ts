// The manifest of a snapshot, and what of it may be restored here.
// Invariant: it is hostile; what it names is restored only where the runtime knows a part of that name and kind.

import { join } from 'node:path'
import { MANIFEST_NAME } from '../../../../sdk/protocol/host-data.ts'
import type {
  SnapshotManifest,
  SourceFacts,
  SourceKind,
  UnpackPart,
  UnpackPlan,
} from '../../host/host-data-call.ts'
import { DataError } from '../data-error.ts'
import { damaged, type ReadEntry } from './tar-reader.ts'

const MAX_MANIFEST_BYTES = 1024 * 1024
const KINDS: ReadonlySet<string> = new Set<SourceKind>(['folder', 'database', 'plugin', 'store'])
const NAME = /^[a-z][a-z0-9-]{0,62}(?:\.[a-z][a-z0-9-]{0,62})?$/
const PLUGIN_NAME = /^plugin\.([a-z][a-z0-9-]{1,62})$/

/** A part of the snapshot that is restored. */
export interface ChosenPart {
  readonly name: string
  readonly kind: SourceKind
  readonly to: string
  readonly isLater: boolean
}

export async function readManifest(entry: ReadEntry | undefined): Promise<SnapshotManifest> {
  if (entry?.path.join('/') !== MANIFEST_NAME || entry.type !== 'file' || entry.size > MAX_MANIFEST_BYTES)
    throw new DataError('SNAPSHOT_INVALID', 'It is not a snapshot of the data of an application')
  const pieces: Uint8Array[] = []
  for await (const piece of entry.content) pieces.push(piece)
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(pieces).toString())
  } catch (error) {
    throw damaged('its manifest is not JSON', error)
  }
  const { format, host, plugbay, sources, at } = record(value)
  if (format !== 1)
    throw new DataError('SNAPSHOT_INVALID', 'The snapshot has a format that is not known here')
  const { id, version } = record(host)
  if (
    typeof plugbay !== 'string' ||
    typeof id !== 'string' ||
    typeof version !== 'string' ||
    !Array.isArray(sources)
  )
    throw damaged('its manifest lacks something')
  const parts = sources.map(readSource)
  if (new Set(parts.map(({ name }) => name)).size < parts.length)
    throw damaged('its manifest names a part twice')
  return { format, host: { id, version }, plugbay, sources: parts, at: String(at) }
}

/** @throws DataError STATE_CONFLICT, NOT_FOUND */
export function choose(manifest: SnapshotManifest, plan: UnpackPlan): readonly ChosenPart[] {
  const { host, parts, wanted } = plan
  if (manifest.host.id !== host)
    throw conflict(`The snapshot is of the application "${manifest.host.id}", not of "${host}"`)
  const missing = wanted?.find((name) => !manifest.sources.some((source) => source.name === name))
  if (missing !== undefined) throw new DataError('NOT_FOUND', `The snapshot has no data "${missing}"`)
  const sources = manifest.sources.filter(({ name }) => wanted?.includes(name) ?? true)
  const bringsStore =
    sources.some(({ kind }) => kind === 'store') && parts.some(({ kind }) => kind === 'store')
  return sources.flatMap((source) => {
    const part = parts.find(({ name }) => name === source.name)
    if (source.kind === 'plugin' && bringsStore) return laterPlugin(source, plan)
    if (part !== undefined) return chosen(source, part)
    if (wanted === null && source.kind !== 'plugin') return []
    throw conflict(
      source.kind === 'plugin'
        ? `The plugin of the data "${source.name}" is not installed`
        : `The application has no data "${source.name}" any more`,
    )
  })
}

/** The store says which plugins there are, and in which version. */
function laterPlugin({ name }: SourceFacts, { later }: UnpackPlan): readonly ChosenPart[] {
  const [, id] = PLUGIN_NAME.exec(name) ?? []
  if (id === undefined) throw damaged(`"${name}" is not the data of a plugin`)
  if (later === null) return []
  return [{ name, kind: 'plugin', to: join(later, 'plugins', `${id}.plugbay`), isLater: true }]
}

function chosen({ name, kind, version }: SourceFacts, part: UnpackPart): readonly ChosenPart[] {
  if (kind !== part.kind) throw conflict(`The data "${name}" was a ${kind}, and is a ${part.kind} now`)
  const isNewer =
    kind === 'store' ? isLaterVersion(version, part.version) : majorOf(version) > majorOf(part.version)
  if (isNewer)
    throw conflict(`The data "${name}" is of version "${version}", which is newer than "${part.version}"`)
  return [{ name, kind, to: part.to, isLater: part.isLater }]
}

function readSource(value: unknown): SourceFacts {
  const { name, title, kind, version } = record(value)
  if (typeof name !== 'string' || !NAME.test(name) || typeof kind !== 'string' || !KINDS.has(kind))
    throw damaged('its manifest names something that is no data')
  if (typeof title !== 'string' || typeof version !== 'string') throw damaged('its manifest lacks something')
  return { name, title, kind: kind as SourceKind, version }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw damaged('its manifest lacks something')
  return value as Readonly<Record<string, unknown>>
}

function numbersOf(version: string): readonly [number, number, number] {
  const [, major, minor, patch] = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+]|$)/.exec(version) ?? []
  if (patch === undefined) throw damaged(`"${version.slice(0, 64)}" is no version`)
  return [Number(major), Number(minor), Number(patch)]
}

function majorOf(version: string): number {
  return numbersOf(version)[0]
}

/** A store may have tables that an earlier version does not know. */
function isLaterVersion(version: string, than: string): boolean {
  const [a, b] = [numbersOf(version), numbersOf(than)]
  const place = a.findIndex((number, index) => number !== b[index])
  return place !== -1 && (a[place] ?? 0) > (b[place] ?? 0)
}

function conflict(message: string): DataError {
  return new DataError('STATE_CONFLICT', message)
}
