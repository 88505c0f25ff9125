// Takes objects and writes packs of them: each is read back when it is on the drive, while the next one is written, and gets its index then.
// Invariant: an object has its place when it is put, and is there when settle() has resolved.

import { packedSize } from '../format/object-header.ts'
import { type PackIndex, packName } from '../format/pack-index.ts'
import { fileHash } from '../format/pack-reader.ts'
import { PackWriter } from '../format/pack-writer.ts'
import type { Bytes, Hash } from '../format/parts.ts'
import type { BackupFolder } from './backup-folder.ts'

/** Of the tar in a pack. A drive that is pulled out costs at most one: what was whole before is used again. */
const PACK_BYTES = 64 * 1000 * 1000

export interface Place {
  readonly pack: string
  readonly position: number
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

  /** @param bytes are given away. `done` resolves when they are on their way to the drive */
  put(hash: Hash, bytes: Bytes): { readonly place: Place; readonly done: Promise<void> } {
    const size = packedSize(bytes.byteLength)
    if (this.#plannedObjects > 0 && this.#plannedBytes + size > PACK_BYTES) this.#next()
    const [number, position] = [this.#number, this.#plannedObjects++]
    this.#plannedBytes += size
    const done = this.#inTurn(async () => {
      this.#writer ??= await PackWriter.open({
        folder: this.#folder.packs,
        number,
        recipient: this.#recipient,
      })
      await this.#writer.add(hash, bytes)
    })
    return { place: { pack: packName(number, this.#recipient !== null), position }, done }
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
    const isStopped = () => {
      if (this.#isStopped) throw new Error('The backup was stopped')
    }
    if ((await fileHash(await this.#folder.openPack(index.pack), isStopped)) !== index.sha256)
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
