// A backup: reads the snapshot of the server, writes to the drive what is not there yet, and at last the manifest.
// Invariant: until the manifest is written, the drive has the same snapshots as before.

import { createTarDecoder, type ParsedTarEntry, type TarHeader } from 'modern-tar'
import {
  FORMAT,
  isSnapshotHead,
  type Manifest,
  type ManifestSource,
  type SnapshotHead,
  snapshotId,
} from '../format/manifest.ts'
import { BLOCK } from '../format/object-header.ts'
import { fileHash } from '../format/pack-reader.ts'
import { type Bytes, type Hash, hashOf, PART_BYTES, partsOf } from '../format/parts.ts'
import { TREE_HEAD, type TreeEntry, treeLine } from '../format/tree.ts'
import { type BackupFolder, namedPacks, type Packs, type Snapshots } from './backup-folder.ts'
import { PackSink, type Place } from './pack-sink.ts'
import { placesOf, Uses } from './places.ts'

export interface BackupOptions {
  readonly recipient: string | null
  readonly at: Date
  readonly signal: AbortSignal
  /** Called once, when it is known what is backed up. */
  readonly begun: (head: SnapshotHead) => void
  /** Bytes of the snapshot that were read. */
  readonly count: (bytes: number) => void
  /** Resolves when so much more may be written. */
  readonly spend: (bytes: number) => Promise<void>
}

/** The name of the first file of a snapshot. */
export const HEAD_NAME = 'plugbay-snapshot.json'
/** Of parts that are hashed, or wait to be written. One more is being read. */
const IN_FLIGHT_BYTES = PART_BYTES
const IN_FLIGHT_PARTS = 500
/** Of a byte that is hashed and was there, against one that is written and read back. */
const COST_OF_READING = 1 / 3
const MAX_HEAD_BYTES = 1024 * 1024

/**
 * Rejects with what has gone wrong (drive/sentences.ts). Packs that were whole by then are used by the next backup.
 * @param tar a snapshot of the server (`data.snapshot`)
 */
export async function takeBackup(
  folder: BackupFolder,
  tar: ReadableStream<Uint8Array>,
  options: BackupOptions,
): Promise<Manifest> {
  const snapshots = await folder.readSnapshots()
  const packs = await folder.readPacks()
  const { recipient, signal } = options
  const usable = await trusted(folder, { snapshots, packs, signal })
  const sink = new PackSink(folder, { recipient, number: packs.nextNumber })
  const failed = new AbortController()
  const places = placesOf(usable.filter((pack) => pack.recipient === recipient))
  const intake = new Intake({ sink, places, spend: options.spend })
  try {
    const { head, sources } = await readSnapshot(tar, intake, {
      ...options,
      signal: AbortSignal.any([signal, failed.signal]),
    })
    const listed: ManifestSource[] = []
    for (const source of sources) listed.push(await source.list(intake))
    await intake.settle()
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
      packs: intake.uses.list(),
    }
    await folder.writeSnapshot(manifest)
    return manifest
  } catch (error) {
    // The server would go on sending otherwise.
    failed.abort(error)
    await sink.stop(error)
    throw error
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
      const isWhole =
        (await fileHash(await folder.openPack(index.pack), () => signal.throwIfAborted())) === index.sha256
      if (!isWhole) {
        await folder.removePack(index.pack)
        continue
      }
    }
    trusted.push(index)
  }
  return trusted
}

async function readSnapshot(
  tar: ReadableStream<Uint8Array>,
  intake: Intake,
  { signal, begun, count, spend }: BackupOptions,
): Promise<{ readonly head: SnapshotHead; readonly sources: readonly SourceFiles[] }> {
  const end = new EndOfTar()
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      count(chunk.byteLength)
      end.see(chunk)
      controller.enqueue(chunk)
      await spend(chunk.byteLength * COST_OF_READING)
    },
  })
  let head: SnapshotHead | undefined
  const sources = new Map<string, SourceFiles>()
  for await (const entry of tar
    .pipeThrough(counted, { signal })
    .pipeThrough(createTarDecoder({ strict: true }), { signal })) {
    signal.throwIfAborted()
    if (head === undefined) {
      head = await readHead(entry)
      for (const { name } of head.sources) sources.set(name, new SourceFiles(name))
      begun(head)
      continue
    }
    const [name = ''] = entry.header.name.split('/')
    const source = sources.get(name)
    if (source === undefined) throw new Error(`The snapshot has a file of no source: "${entry.header.name}"`)
    await source.add(entry, intake)
  }
  if (head === undefined) throw new Error('The snapshot of the server is empty')
  if (!end.isThere) throw new Error('The snapshot of the server is cut off')
  return { head, sources: [...sources.values()] }
}

/** Two empty blocks end a tar. Without them a stream that is cut off between two files looks whole. */
class EndOfTar {
  #zeros = 0

  see(chunk: Uint8Array): void {
    const last = chunk.findLastIndex((byte) => byte !== 0)
    this.#zeros = last === -1 ? this.#zeros + chunk.byteLength : chunk.byteLength - 1 - last
  }

  get isThere(): boolean {
    return this.#zeros >= 2 * BLOCK
  }
}

async function readHead({ header, body }: ParsedTarEntry): Promise<SnapshotHead> {
  const isHead = header.name === HEAD_NAME && header.size <= MAX_HEAD_BYTES
  const head: unknown = isHead ? await new Response(body).json() : undefined
  if (!isSnapshotHead(head)) throw new Error(`The snapshot of the server does not begin with "${HEAD_NAME}"`)
  return head
}

/** The files of one source, as lines of its list. */
class SourceFiles {
  readonly #name: string
  /** Filled in when the parts of the file are known. */
  readonly #lines: string[] = []
  #files = 0
  #bytes = 0

  constructor(name: string) {
    this.#name = name
  }

  async add({ header, body }: ParsedTarEntry, intake: Intake): Promise<void> {
    const common = { path: header.name.replace(/\/$/, ''), ...attributesOf(header) }
    if (header.type === 'directory') {
      this.#lines.push(treeLine({ type: 'dir', ...common }))
      return
    }
    if (header.type !== 'file')
      throw new Error(`The snapshot has a file of an unknown kind: "${header.name}"`)
    const at = this.#lines.push('') - 1
    const parts: Promise<Hash>[] = []
    for await (const part of partsOf(body, header.size)) parts.push((await intake.add(part)).hash)
    this.#files++
    this.#bytes += header.size
    const entry: Omit<TreeEntry & { type: 'file' }, 'parts'> = { type: 'file', ...common, size: header.size }
    const line = async () => {
      this.#lines[at] = treeLine({ ...entry, parts: await Promise.all(parts) })
    }
    intake.expect(line())
  }

  /** Stores the list itself, as any other content. */
  async list(intake: Intake): Promise<ManifestSource> {
    await intake.settle()
    const text = new Blob([TREE_HEAD, ...this.#lines])
    const tree: Promise<Hash>[] = []
    for await (const part of partsOf(text.stream(), text.size)) tree.push((await intake.add(part)).hash)
    return { name: this.#name, files: this.#files, bytes: this.#bytes, tree: await Promise.all(tree) }
  }
}

function attributesOf({ mode, mtime, pax }: TarHeader): { readonly mode: number; readonly time: string } {
  const seconds = Math.floor((mtime?.getTime() ?? 0) / 1000)
  const exact = pax?.mtime
  return {
    mode: mode ?? 0o644,
    time: exact !== undefined && /^-?\d+(\.\d{1,9})?$/.test(exact) ? exact : String(seconds),
  }
}

interface IntakeTarget {
  readonly sink: PackSink
  /** Of what is on the drive. */
  readonly places: Map<Hash, Place>
  readonly spend: BackupOptions['spend']
}

/** Hashes parts, several at a time, and hands on those that are not on the drive yet. */
class Intake {
  readonly uses = new Uses()
  readonly #to: IntakeTarget
  readonly #pending: { readonly bytes: number; readonly done: Promise<unknown> }[] = []
  #bytes = 0

  constructor(to: IntakeTarget) {
    this.#to = to
  }

  /** Resolves when there is room for the next part; its hash may take longer. @param part is given away */
  async add(part: Bytes): Promise<{ readonly hash: Promise<Hash> }> {
    const hash = hashOf(part)
    this.#push(
      part.byteLength,
      hash.then((known) => this.#take(known, part)),
    )
    while (this.#bytes > IN_FLIGHT_BYTES || this.#pending.length > IN_FLIGHT_PARTS) await this.#shift()
    return { hash }
  }

  /** Something else that must have succeeded before settle() does. */
  expect(done: Promise<unknown>): void {
    this.#push(0, done)
  }

  async settle(): Promise<void> {
    while (this.#pending.length > 0) await this.#shift()
  }

  async #take(hash: Hash, part: Bytes): Promise<void> {
    const { sink, places, spend } = this.#to
    const known = places.get(hash)
    if (known !== undefined) return this.uses.add(known)
    const { place, done } = sink.put(hash, part)
    places.set(hash, place)
    this.uses.add(place)
    await done
    await spend(part.byteLength * (1 - COST_OF_READING))
  }

  #push(bytes: number, done: Promise<unknown>): void {
    this.#bytes += bytes
    this.#pending.push({ bytes, done })
    // It is reported when its turn comes.
    done.catch(() => undefined)
  }

  async #shift(): Promise<void> {
    const first = this.#pending.shift()
    if (first === undefined) return
    await first.done
    this.#bytes -= first.bytes
  }
}
