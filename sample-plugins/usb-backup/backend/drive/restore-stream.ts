// A snapshot on the drive as the tar that the server made of itself, for `data.restore`. The files of a source come in the order in which their
// contents are on the drive, so that every pack is read once.

import { createTarPacker, type TarHeader, type TarPackController } from 'modern-tar'
import type { Manifest, ManifestSource } from '../format/manifest.ts'
import type { Bytes } from '../format/parts.ts'
import { parseTree, type TreeEntry, type TreeFile } from '../format/tree.ts'
import type { BackupFolder } from './backup-folder.ts'
import { ObjectReader } from './object-reader.ts'
import type { Place } from './pack-sink.ts'
import { placesOf } from './places.ts'

export interface RestoreOptions {
  /** Of age, for a snapshot with a recipient. */
  readonly identity: string | undefined
  /** Names of sources that the snapshot has. */
  readonly sources: ReadonlySet<string>
  readonly count: (bytes: number) => void
  readonly signal: AbortSignal
}

/** The stream fails with what has gone wrong (sentences.ts). */
export function restoreStream(
  folder: BackupFolder,
  manifest: Manifest,
  options: RestoreOptions,
): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker()
  write(folder, manifest, { ...options, controller }).then(
    () => controller.finalize(),
    (error) => controller.error(error),
  )
  return readable
}

/** Of the first file of a snapshot. */
const HEAD_NAME = 'plugbay-snapshot.json'

type Writing = RestoreOptions & { readonly controller: TarPackController }

async function write(folder: BackupFolder, manifest: Manifest, options: Writing): Promise<void> {
  const { identity, sources, controller } = options
  const named = new Set(manifest.packs.map(({ pack }) => pack))
  const { usable } = await folder.readPacks()
  const objects = new ObjectReader(folder, placesOf(usable.filter(({ pack }) => named.has(pack))), identity)
  try {
    const { snapshot } = manifest
    const head = { ...snapshot, sources: snapshot.sources.filter(({ name }) => sources.has(name)) }
    await add(controller, { name: HEAD_NAME, type: 'file' }, new TextEncoder().encode(JSON.stringify(head)))
    for (const source of manifest.sources)
      if (sources.has(source.name)) await writeSource(source, objects, options)
  } finally {
    await objects.close()
  }
}

async function writeSource(source: ManifestSource, objects: ObjectReader, options: Writing): Promise<void> {
  const { controller, count, signal } = options
  const entries = await treeOf(source, objects)
  if (entries.some(({ path }) => path.split('/')[0] !== source.name))
    throw new Error(`The list of files of "${source.name}" names files of another source`)
  for (const entry of entries)
    if (entry.type === 'dir')
      await add(controller, { name: `${entry.path}/`, type: 'directory', ...attributesOf(entry) })
  for (const file of inOrderOfPacks(
    entries.filter((entry) => entry.type === 'file'),
    objects,
  )) {
    signal.throwIfAborted()
    const header = { name: file.path, type: 'file', size: file.size, ...attributesOf(file) } as const
    const writer = controller.add(header).getWriter()
    for (const hash of file.parts) {
      const bytes = await objects.read(hash)
      count(bytes.byteLength)
      await writer.write(bytes)
    }
    await writer.close()
  }
}

/** @throws an Error for a damaged list */
export async function treeOf({ tree }: ManifestSource, objects: ObjectReader): Promise<readonly TreeEntry[]> {
  const parts: Bytes[] = []
  for (const hash of tree) parts.push(await objects.read(hash))
  return parseTree(await new Blob(parts).text())
}

function inOrderOfPacks(files: readonly TreeFile[], objects: ObjectReader): readonly TreeFile[] {
  const first = ({ parts: [hash] }: TreeFile): Place =>
    hash === undefined ? { pack: '', position: 0 } : objects.placeOf(hash)
  return files
    .map((file) => ({ file, place: first(file) }))
    .sort(({ place: a }, { place: b }) =>
      a.pack === b.pack ? a.position - b.position : a.pack < b.pack ? -1 : 1,
    )
    .map(({ file }) => file)
}

function attributesOf({ mode, time }: TreeEntry): Pick<TarHeader, 'mode' | 'mtime' | 'pax'> {
  const mtime = new Date(Number(time) * 1000)
  return { mode, mtime, ...(time.includes('.') && { pax: { mtime: time } }) }
}

async function add(
  controller: TarPackController,
  header: Omit<TarHeader, 'size'>,
  content = new Uint8Array(0),
): Promise<void> {
  const writer = controller.add({ ...header, size: content.byteLength }).getWriter()
  if (content.byteLength > 0) await writer.write(content)
  await writer.close()
}
