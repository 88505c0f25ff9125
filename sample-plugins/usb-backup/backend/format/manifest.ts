// A snapshot is there when its manifest is: it is written last, and names every pack that the snapshot needs.

import { readChecked, writeChecked } from './checked-json.ts'
import { type Hash, isHash } from './parts.ts'

export const FORMAT = 1

/** What the server said of the snapshot: plugbay-snapshot.json, its first file, as it was. */
export interface SnapshotHead {
  readonly host: { readonly id: string; readonly version: string }
  readonly plugbay: string
  readonly sources: readonly SourceHead[]
  readonly [more: string]: unknown
}

export interface SourceHead {
  readonly name: string
  readonly title?: string
  readonly kind?: string
  /** Of its owner: the application, the runtime or a plugin. */
  readonly version?: string
  /** About how much it is. */
  readonly bytes?: number
  readonly [more: string]: unknown
}

export interface ManifestSource {
  readonly name: string
  readonly files: number
  readonly bytes: number
  /** The parts of the list of its files. */
  readonly tree: readonly Hash[]
}

export interface PackUse {
  readonly pack: string
  /** Which of its objects: "0-99,105". */
  readonly objects: string
}

export interface Manifest {
  readonly format: number
  /** Also the name of its file. Later ones are greater. */
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  /** Of age; null for packs that are not encrypted. All packs of a snapshot have the same. */
  readonly recipient: string | null
  readonly files: number
  readonly bytes: number
  /** How much the backup has written, in packs. */
  readonly added: number
  readonly snapshot: SnapshotHead
  readonly sources: readonly ManifestSource[]
  readonly packs: readonly PackUse[]
}

export async function writeManifest(manifest: Manifest): Promise<string> {
  return await writeChecked({ ...manifest })
}

/** Undefined for a file that is damaged, or that is not one. A newer format is read as far as it is known: see `isReadable`. */
export async function readManifest(text: string): Promise<Manifest | undefined> {
  const value = await readChecked(text)
  // What passes its own check is what some version of this plugin has written; a drive may come from elsewhere, though.
  return value !== undefined && isManifest(value) ? value : undefined
}

export function isReadable(manifest: Manifest): boolean {
  return manifest.format <= FORMAT
}

/** "2026-11-29T10-35-16-123Z": sorts by time, and can be the name of a file on every file system. */
export function snapshotId(at: Date): string {
  return at.toISOString().replaceAll(/[:.]/g, '-')
}

export const SNAPSHOT_ID = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}-\d{3}Z$/
export const PACK_NAME = /^pack-\d{6,9}\.tar\.zst(?:\.age)?$/

type Unknown<Type> = { readonly [Key in keyof Type]?: unknown }

function isManifest(value: Unknown<Manifest>): value is Manifest {
  const { format, id, at, recipient, files, bytes, added, snapshot, sources, packs } = value
  return (
    [format, files, bytes, added].every(Number.isSafeInteger) &&
    typeof id === 'string' &&
    SNAPSHOT_ID.test(id) &&
    typeof at === 'string' &&
    !Number.isNaN(Date.parse(at)) &&
    (recipient === null || typeof recipient === 'string') &&
    isSnapshotHead(snapshot) &&
    isListOf(sources, isSource) &&
    isListOf(packs, isPackUse)
  )
}

export function isSnapshotHead(value: unknown): value is SnapshotHead {
  if (!isObject<SnapshotHead>(value) || !isObject<SnapshotHead['host']>(value.host)) return false
  const { host, plugbay, sources } = value
  return (
    typeof host.id === 'string' &&
    typeof host.version === 'string' &&
    typeof plugbay === 'string' &&
    isListOf(sources, (source): source is SourceHead => {
      return isObject<SourceHead>(source) && typeof source.name === 'string'
    })
  )
}

function isSource(value: unknown): value is ManifestSource {
  if (!isObject<ManifestSource>(value)) return false
  const { name, files, bytes, tree } = value
  return typeof name === 'string' && [files, bytes].every(Number.isSafeInteger) && isListOf(tree, isHash)
}

function isPackUse(value: unknown): value is PackUse {
  if (!isObject<PackUse>(value)) return false
  const { pack, objects } = value
  return typeof pack === 'string' && PACK_NAME.test(pack) && typeof objects === 'string'
}

export function isListOf<Item>(
  value: unknown,
  isItem: (item: unknown) => item is Item,
): value is readonly Item[] {
  return Array.isArray(value) && value.every(isItem)
}

export function isObject<Type>(value: unknown): value is Unknown<Type> {
  return typeof value === 'object' && value !== null
}
