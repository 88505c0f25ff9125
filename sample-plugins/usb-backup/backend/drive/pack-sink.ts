// Takes objects and writes packs of them, and files the packs that the server fills: each is read back when it is on the drive, while the next
// one is written, and gets its index then.
// Invariant: an object has its place when it is put, and is there when settle() has resolved.

import { packedSize } from '../format/object-header.ts'
import type { Written } from '../format/pack-file.ts'
import { type PackedObject, type PackIndex, packName } from '../format/pack-index.ts'
import { PackWriter } from '../format/pack-writer.ts'
import type { Bytes, Hash } from '../format/parts.ts'
import { type SealHead, sealHead } from '../format/seal.ts'
import type { BackupFolder } from './backup-folder.ts'

/** Of a pack, about. A drive that is pulled out costs at most one: what was whole before is used again. */
const PACK_BYTES = 64 * 1000 * 1000

export interface Place {
  readonly pack: string
  readonly position: number
}

/** The pack that the server fills, as a file. */
export type OpenPack = (seal: SealHead | undefined) => Promise<ReadableStream<Uint8Array>>

export interface SinkOptions {
  readonly recipient: string | null
  /** Of the first pack. */
  readonly number: number
  /** Called when a pack that the server fills cannot be written: it would wait for that. */
  readonly onFailure?: (error: unknown) => void
}

/** A pack that the server fills. */
interface Filling {
  readonly pack: string
  readonly objects: PackedObject[]
  /** Resolves when it is on the drive. */
  readonly written: Promise<void>
}

export class DriveFailing extends Error {
  override readonly name = 'DriveFailing'
}

export class PackSink {
  readonly #folder: BackupFolder
  readonly #recipient: string | null
  readonly #written: PackIndex[] = []
  #number: number
  #plannedBytes = 0
  #plannedObjects = 0
  #writer: PackWriter | undefined
  /** Objects are written one after the other. */
  #last: Promise<void> = Promise.resolve()
  #checking: Promise<void> = Promise.resolve()
  #filling: Filling | undefined
  #isPiping = false
  readonly #onFailure: (error: unknown) => void
  #failure: { readonly error: unknown } | undefined
  readonly #stopping = new AbortController()

  constructor(folder: BackupFolder, { recipient, number, onFailure = () => undefined }: SinkOptions) {
    this.#folder = folder
    this.#recipient = recipient
    this.#number = number
    this.#onFailure = onFailure
  }

  /** Packs that are on the drive, and read back. */
  get written(): readonly PackIndex[] {
    return this.#written
  }

  /** Resolves when there is room for the next one. @param bytes are given away */
  async put(hash: Hash, bytes: Bytes): Promise<Place> {
    const size = packedSize(bytes.byteLength)
    if (this.#plannedObjects > 0 && this.#plannedBytes + size > PACK_BYTES) this.#next()
    const [number, position] = [this.#number, this.#plannedObjects++]
    this.#plannedBytes += size
    await this.#inTurn(async () => {
      const [folder, recipient] = [this.#folder.packs, this.#recipient]
      this.#writer ??= await PackWriter.open({ folder, number, recipient })
      await this.#writer.add(hash, bytes)
    })
    return { pack: packName(number, this.#recipient !== null), position }
  }

  /** Objects of the pack that the server fills. */
  putFilled(objects: readonly PackedObject[], open: OpenPack): readonly Place[] {
    this.#filling ??= this.#begin(open)
    const { pack, objects: before } = this.#filling
    const places = objects.map((_, at) => ({ pack, position: before.length + at }))
    before.push(...objects)
    return places
  }

  /** The server has ended its pack. Resolves when it is on the drive; rejects with what it failed with. */
  async endFilled(written: Written): Promise<void> {
    const filling = this.#filling
    if (filling === undefined) throw new Error('The server has ended a pack that it did not begin')
    this.#filling = undefined
    await filling.written
    const { pack, objects } = filling
    await this.#checkNext({ pack, ...written, recipient: this.#recipient, objects })
  }

  /** @throws what a pack that the server fills could not be written with */
  requireWhole(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Resolves when everything is on the drive, and was read back. */
  async settle(): Promise<void> {
    this.#next()
    await this.#last
    await this.#checking
  }

  /** Leaves whole packs behind, and nothing else. Never rejects. */
  async stop(reason: unknown): Promise<void> {
    this.#stopping.abort(reason)
    // First of all: what waits for a compressor or a drive ends so.
    await this.#writer?.discard(reason)
    await this.#last.catch(() => undefined)
    await this.#checking.catch(() => undefined)
  }

  #next(): void {
    if (this.#plannedObjects === 0) return
    this.#number++
    this.#plannedBytes = 0
    this.#plannedObjects = 0
    this.#inTurn(async () => {
      const index = await this.#writer?.close()
      this.#writer = undefined
      if (index !== undefined) await this.#checkNext(index)
    }).catch(() => undefined)
  }

  #begin(open: OpenPack): Filling {
    // What came one by one has a pack of its own.
    this.#next()
    const pack = packName(this.#number++, this.#recipient !== null)
    const written = this.#inTurn(() => this.#fill(pack, open))
    written.catch((error: unknown) => {
      // The snapshot itself has failed, and says why.
      if (this.#isPiping && !(error instanceof DOMException)) return
      this.#failure ??= { error }
      this.#onFailure(error)
    })
    return { pack, objects: [], written }
  }

  /** Nothing of it passes through here: the server writes what it sends. */
  async #fill(pack: string, open: OpenPack): Promise<void> {
    const file = await (await this.#folder.packs.getFileHandle(pack, { create: true })).createWritable()
    let stream: ReadableStream<Uint8Array>
    try {
      stream = await open(this.#recipient === null ? undefined : await sealHead(this.#recipient))
    } catch (error) {
      await file.abort(error)
      throw error
    }
    this.#isPiping = true
    await stream.pipeTo(file, { signal: this.#stopping.signal })
    this.#isPiping = false
  }

  async #checkNext(index: PackIndex): Promise<void> {
    // One pack at a time is read back.
    await this.#checking
    this.#checking = this.#check(index)
    this.#checking.catch(() => undefined)
  }

  async #check(index: PackIndex): Promise<void> {
    if ((await this.#folder.packHash(index.pack)) !== index.sha256)
      throw new DriveFailing(
        `"${index.pack}" reads back as something else than was written: the drive is failing`,
      )
    await this.#folder.writePackIndex(index)
    this.#written.push(index)
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(() => {
      if (this.#stopping.signal.aborted) throw new Error('The backup was stopped')
      return work()
    })
    this.#last = turn
    turn.catch(() => undefined)
    return turn
  }
}
