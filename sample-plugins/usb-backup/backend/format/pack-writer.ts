// Writes one pack: a tar, compressed with zstd in frames that follow each other, and sealed with age where a recipient is set.
// Invariant: under the name of the pack there is nothing, or a whole pack: the file gets its name when it is closed.

import type { FileSystemDirectoryHandle } from 'plugbay/sdk'
import { BLOCK, packed, packedSize } from './object-header.ts'
import { PackFile } from './pack-file.ts'
import { type PackedObject, type PackIndex, packName } from './pack-index.ts'
import type { Bytes, Hash } from './parts.ts'
import { sealTo } from './seal.ts'

/** Objects that come one by one are compressed together, in frames of this size or more. */
const GATHER = 1024 * 1024

export interface PackTarget {
  readonly folder: FileSystemDirectoryHandle
  readonly number: number
  readonly recipient: string | null
}

export class PackWriter {
  readonly name: string
  readonly #recipient: string | null
  readonly #file: PackFile
  readonly #objects: PackedObject[] = []
  /** Pieces of a tar, to become a frame. */
  #gathered: Bytes[] = []
  #filled = 0

  private constructor(name: string, recipient: string | null, file: PackFile) {
    this.name = name
    this.#recipient = recipient
    this.#file = file
  }

  static async open({ folder, number, recipient }: PackTarget): Promise<PackWriter> {
    const name = packName(number, recipient !== null)
    const seal = recipient === null ? undefined : await sealTo(recipient)
    const stream = await (await folder.getFileHandle(name, { create: true })).createWritable()
    return new PackWriter(name, recipient, new PackFile(stream, seal))
  }

  /** @param bytes are given away: they are read later */
  async add(hash: Hash, bytes: Bytes): Promise<void> {
    const object = { hash, size: bytes.byteLength }
    this.#objects.push(object)
    this.#gathered.push(...packed(object, bytes))
    this.#filled += packedSize(object.size)
    if (this.#filled >= GATHER) await this.#flush()
  }

  /** Resolves when the pack is on the drive, under its name. */
  async close(): Promise<PackIndex> {
    // Two empty blocks end a tar.
    this.#gathered.push(new Uint8Array(2 * BLOCK))
    await this.#flush()
    const written = await this.#file.close()
    return { pack: this.name, ...written, recipient: this.#recipient, objects: this.#objects }
  }

  /** Leaves nothing behind. Never rejects. */
  async discard(reason: unknown): Promise<void> {
    await this.#file.discard(reason)
  }

  async #flush(): Promise<void> {
    if (this.#gathered.length === 0) return
    const tar = new Blob(this.#gathered)
    this.#gathered = []
    this.#filled = 0
    const frame = tar.stream().pipeThrough(new CompressionStream('zstd' as CompressionFormat))
    for await (const piece of frame) await this.#file.write(piece)
  }
}
