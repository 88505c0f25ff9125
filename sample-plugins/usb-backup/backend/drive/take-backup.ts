// A backup: reads what is new of the data of the server, writes it to the drive, and at last the manifest.
// Invariant: until the manifest is written, the drive has the same snapshots as before.

import {
  FORMAT,
  isSnapshotHead,
  type Manifest,
  type ManifestSource,
  type SnapshotHead,
  snapshotId,
} from '../format/manifest.ts'
import { type Bytes, digestsOf, type Hash, hashOf } from '../format/parts.ts'
import type { SealHead } from '../format/seal.ts'
import { type Packed, type Section, SectionReader } from '../format/sections.ts'
import { type BackupFolder, namedPacks, type Packs, type Snapshots } from './backup-folder.ts'
import { PackSink, type Place } from './pack-sink.ts'
import { placesOf, Uses } from './places.ts'
import { SourceList } from './source-list.ts'

export interface BackupOptions {
  readonly recipient: string | null
  readonly at: Date
  readonly signal: AbortSignal
  /** Bytes of the data that the server has read. */
  readonly count: (bytes: number) => void
  /** Resolves when so much more may be written. */
  readonly spend: (bytes: number) => Promise<void>
}

/** A snapshot of the server in packs (`data.snapshot`). */
export interface SnapshotSource {
  /** @param known the digests of parts that are left out, 32 bytes each */
  open(known: Bytes): Promise<ReadableStream<Uint8Array>>
  /** @param name of the packs */
  pack(name: string, seal: SealHead | undefined): Promise<ReadableStream<Uint8Array>>
}

/** Rejects with what has gone wrong (drive/sentences.ts). Packs that were whole by then are used by the next backup. */
export async function takeBackup(
  folder: BackupFolder,
  source: SnapshotSource,
  options: BackupOptions,
): Promise<Manifest> {
  const snapshots = await folder.readSnapshots()
  const packs = await folder.readPacks()
  const { recipient, signal } = options
  const usable = await trusted(folder, { snapshots, packs, signal })
  const places = placesOf(usable.filter((pack) => pack.recipient === recipient))
  const reader = new SectionReader(await source.open(digestsOf(places.keys(), places.size)))
  const sink = new PackSink(folder, {
    ...{ recipient, number: packs.nextNumber },
    onFailure: (error) => void reader.cancel(error),
  })
  const stop = () => void reader.cancel(signal.reason)
  signal.addEventListener('abort', stop)
  try {
    const contents = new Contents(sink, { places, source })
    const { head, sources } = await readSnapshot(reader, contents, options)
    const listed: ManifestSource[] = []
    for (const source of sources.values()) listed.push(await source.store((part) => contents.put(part)))
    await sink.settle()
    signal.throwIfAborted()
    const manifest: Manifest = {
      format: FORMAT,
      id: snapshotId(options.at),
      at: options.at.toISOString(),
      recipient,
      files: listed.reduce((sum, { files }) => sum + files, 0),
      bytes: listed.reduce((sum, { bytes }) => sum + bytes, 0),
      added: sink.written.reduce((sum, { bytes }) => sum + bytes, 0),
      snapshot: head,
      sources: listed,
      packs: contents.uses.list(),
    }
    await folder.writeSnapshot(manifest)
    return manifest
  } catch (error) {
    // The server would go on sending otherwise.
    await reader.cancel(error)
    await sink.stop(error)
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Removes what a backup that was cut off has left, and reads back what no snapshot has relied upon yet. */
async function trusted(
  folder: BackupFolder,
  {
    snapshots,
    packs,
    signal,
  }: { readonly snapshots: Snapshots; readonly packs: Packs; readonly signal: AbortSignal },
): Promise<Packs['usable']> {
  const named = namedPacks(snapshots.manifests)
  // What a snapshot names stays, whatever is wrong with it: "Verify" reports it.
  if (snapshots.damaged.length === 0)
    for (const stray of packs.strays) if (!named.has(stray)) await folder.removePack(stray)
  const trusted: Packs['usable'][number][] = []
  for (const index of packs.usable) {
    if (!named.has(index.pack)) {
      signal.throwIfAborted()
      if ((await folder.packHash(index.pack)) !== index.sha256) {
        await folder.removePack(index.pack)
        continue
      }
    }
    trusted.push(index)
  }
  return trusted
}

async function readSnapshot(
  reader: SectionReader,
  contents: Contents,
  { signal, count, spend }: BackupOptions,
): Promise<{ readonly head: SnapshotHead; readonly sources: ReadonlyMap<string, SourceList> }> {
  const first = await reader.next()
  const head = headOf(first)
  const packs = first?.packs ?? ''
  const sources = new Map(head.sources.map(({ name }) => [name, new SourceList(name)]))
  for (;;) {
    const section = await reader.next()
    // It ends like this, too, when it was cancelled.
    signal.throwIfAborted()
    contents.requireWhole()
    if (section === undefined) throw new Error('The snapshot of the server is cut off')
    if (section.isLast) return { head, sources }
    if (section.packed !== undefined) {
      await contents.endPack(section.packed)
      await spend(section.packed.bytes)
    }
    contents.take(section, packs)
    for (const entry of section.entries) {
      const [name = ''] = entry.path.split('/')
      const source = sources.get(name)
      if (source === undefined) throw new Error(`The snapshot has a file of no source: "${entry.path}"`)
      if (entry.type === 'file') contents.use(entry.parts)
      source.add(entry)
    }
    count(section.read)
  }
}

function headOf(section: Section | undefined): SnapshotHead {
  if (section === undefined) throw new Error('The snapshot of the server is empty')
  if (!isSnapshotHead(section.snapshot)) throw new Error('The snapshot of the server does not say what it is')
  return section.snapshot
}

/** What is stored on the drive: parts of the server's data, and lists of files. */
class Contents {
  readonly uses = new Uses()
  readonly #sink: PackSink
  /** Of what is on the drive, or on its way. */
  readonly #places: Map<Hash, Place>
  readonly #source: SnapshotSource

  constructor(
    sink: PackSink,
    { places, source }: { readonly places: Map<Hash, Place>; readonly source: SnapshotSource },
  ) {
    this.#sink = sink
    this.#places = places
    this.#source = source
  }

  /** What the section has is in the pack that the server fills. */
  take({ parts }: Section, packs: string): void {
    if (parts.length === 0) return
    const places = this.#sink.putFilled(parts, (seal) => this.#source.pack(packs, seal))
    for (const [at, place] of places.entries()) this.#remember(parts[at]?.hash ?? '', place)
  }

  async endPack(packed: Packed): Promise<void> {
    await this.#sink.endFilled(packed)
  }

  requireWhole(): void {
    this.#sink.requireWhole()
  }

  /** Writes the bytes, unless they are there. */
  async put(bytes: Bytes): Promise<Hash> {
    const hash = await hashOf(bytes)
    if (!this.#places.has(hash)) this.#remember(hash, await this.#sink.put(hash, bytes))
    this.use([hash])
    return hash
  }

  use(parts: readonly Hash[]): void {
    for (const hash of parts) {
      const place = this.#places.get(hash)
      if (place === undefined) throw new Error('The snapshot has a file without its content')
      this.uses.add(place)
    }
  }

  #remember(hash: Hash, place: Place): void {
    if (!this.#places.has(hash)) this.#places.set(hash, place)
  }
}
