// Gives objects by their hash, from several packs that are open at the same time: each is read forward as long as that works, and opened
// again where an object before is asked for. Invariant: no more than OPEN packs are open.

import { PackReader } from '../format/pack-reader.ts'
import type { Bytes, Hash } from '../format/parts.ts'
import type { BackupFolder } from './backup-folder.ts'
import type { Place } from './pack-sink.ts'

const OPEN = 4

export class MissingObject extends Error {
  override readonly name = 'MissingObject'
}

export class ObjectReader {
  readonly #folder: BackupFolder
  readonly #places: ReadonlyMap<Hash, Place>
  readonly #identity: string | undefined
  /** The one that was used last is at the end. */
  readonly #open = new Map<string, PackReader>()
  /** Files with the same content follow each other. */
  #newest: { readonly hash: Hash; readonly bytes: Bytes } | undefined

  constructor(folder: BackupFolder, places: ReadonlyMap<Hash, Place>, identity: string | undefined) {
    this.#folder = folder
    this.#places = places
    this.#identity = identity
  }

  placeOf(hash: Hash): Place {
    const place = this.#places.get(hash)
    if (place === undefined) throw new MissingObject('A part of the backup is missing on the drive')
    return place
  }

  async read(hash: Hash): Promise<Bytes> {
    if (this.#newest?.hash === hash) return this.#newest.bytes
    const { pack, position } = this.placeOf(hash)
    const bytes = await (await this.#reader(pack, position)).read(position, hash)
    this.#newest = { hash, bytes }
    return bytes
  }

  async close(): Promise<void> {
    for (const reader of this.#open.values()) await reader.close()
    this.#open.clear()
  }

  async #reader(pack: string, position: number): Promise<PackReader> {
    let reader = this.#open.get(pack)
    this.#open.delete(pack)
    if (reader !== undefined && reader.next > position) {
      await reader.close()
      reader = undefined
    }
    const [oldest] = this.#open
    if (reader === undefined && oldest !== undefined && this.#open.size >= OPEN) {
      this.#open.delete(oldest[0])
      await oldest[1].close()
    }
    reader ??= new PackReader(pack, await this.#folder.openPack(pack), this.#identity)
    this.#open.set(pack, reader)
    return reader
  }
}
