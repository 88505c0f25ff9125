// Takes objects and writes packs of them: each is read back when it is on the drive, while the next one is written, and gets its index then.
// Invariant: an object has its place when it is put, and is there when settle() has resolved.

import { packedSize } from '../format/object-header.ts'
import { type PackedObject, type PackIndex, packName } from '../format/pack-index.ts'
import { PackWriter } from '../format/pack-writer.ts'
import type { Bytes, Hash } from '../format/parts.ts'
import type { BackupFolder } from './backup-folder.ts'

/** Of a pack, about. A drive that is pulled out costs at most one: what was whole before is used again. */
const PACK_BYTES = 64 * 1000 * 1000

export interface Place {
  readonly pack: string
  readonly position: number
}

/** Of zstd: a piece of a tar. */
export interface Frame {
  readonly bytes: number
  readonly pieces: AsyncIterable<Bytes>
}

export interface SinkOptions {
  readonly recipient: string | null
  /** Of the first pack. */
  readonly number: number
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
  #isStopped = false

  constructor(folder: BackupFolder, { recipient, number }: SinkOptions) {
    this.#folder = folder
    this.#recipient = recipient
    this.#number = number
  }

  /** Packs that are on the drive, and read back. */
  get written(): readonly PackIndex[] {
    return this.#written
  }

  /** Resolves when there is room for the next one. @param bytes are given away */
  async put(hash: Hash, bytes: Bytes): Promise<Place> {
    const object = { hash, size: bytes.byteLength }
    const [place] = await this.#place([object], packedSize(object.size), (writer) => writer.add(hash, bytes))
    if (place === undefined) throw new Error('An object has no place')
    return place
  }

  /** Objects that follow each other, compressed. Resolves when they are on their way to the drive. */
  async putFrame(objects: readonly PackedObject[], frame: Frame): Promise<readonly Place[]> {
    return await this.#place(objects, frame.bytes, (writer) => writer.addFrame(objects, frame.pieces))
  }

  /** Resolves when everything is on the drive, and was read back. */
  async settle(): Promise<void> {
    this.#next()
    await this.#last
    await this.#checking
  }

  /** Leaves whole packs behind, and nothing else. Never rejects. */
  async stop(reason: unknown): Promise<void> {
    this.#isStopped = true
    // First of all: what waits for a compressor or a drive ends so.
    await this.#writer?.discard(reason)
    await this.#last.catch(() => undefined)
    await this.#checking.catch(() => undefined)
  }

  async #place(
    objects: readonly PackedObject[],
    bytes: number,
    write: (writer: PackWriter) => Promise<void>,
  ): Promise<readonly Place[]> {
    if (this.#plannedObjects > 0 && this.#plannedBytes + bytes > PACK_BYTES) this.#next()
    const [number, first] = [this.#number, this.#plannedObjects]
    this.#plannedObjects += objects.length
    this.#plannedBytes += bytes
    await this.#inTurn(async () => {
      const [folder, recipient] = [this.#folder.packs, this.#recipient]
      this.#writer ??= await PackWriter.open({ folder, number, recipient })
      await write(this.#writer)
    })
    const pack = packName(number, this.#recipient !== null)
    return objects.map((_, at) => ({ pack, position: first + at }))
  }

  #next(): void {
    if (this.#plannedObjects === 0) return
    this.#number++
    this.#plannedBytes = 0
    this.#plannedObjects = 0
    this.#inTurn(async () => {
      const index = await this.#writer?.close()
      this.#writer = undefined
      // One pack at a time is read back.
      await this.#checking
      if (index === undefined) return
      this.#checking = this.#check(index)
      this.#checking.catch(() => undefined)
    }).catch(() => undefined)
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
      if (this.#isStopped) throw new Error('The backup was stopped')
      return work()
    })
    this.#last = turn
    turn.catch(() => undefined)
    return turn
  }
}
