// Writes one pack: tar, compressed with zstd, and sealed with age where a recipient is set. All of it streams to the drive.
// Invariant: under the name of the pack there is nothing, or a whole pack: the file gets its name when it is closed.

import type { FileSystemDirectoryHandle } from 'plugbay/sdk'
import { BLOCK, objectHeader } from './object-header.ts'
import { type PackedObject, type PackIndex, packName } from './pack-index.ts'
import { type Bytes, type Hash, toHex } from './parts.ts'
import { sealTo } from './seal.ts'

/** Small objects are compressed together: each chunk that crosses to the compressor costs about as much as 20 KB of it. */
const GATHER = 512 * 1024
/** What the file takes at once. */
const CHUNK = 256 * 1024

export interface PackTarget {
  readonly folder: FileSystemDirectoryHandle
  readonly number: number
  readonly recipient: string | null
}

interface Written {
  readonly bytes: number
  readonly sha256: Hash
}

interface Way {
  readonly writer: WritableStreamDefaultWriter<BufferSource>
  /** When all of it is on the drive. */
  readonly written: Promise<Written>
}

export class PackWriter {
  readonly name: string
  readonly #recipient: string | null
  readonly #way: Way
  readonly #objects: PackedObject[] = []
  readonly #gathered = new Uint8Array(GATHER)
  #filled = 0

  private constructor(name: string, recipient: string | null, way: Way) {
    this.name = name
    this.#recipient = recipient
    this.#way = way
    // It is reported by the next add(), and by close().
    way.written.catch(() => undefined)
  }

  static async open({ folder, number, recipient }: PackTarget): Promise<PackWriter> {
    const name = packName(number, recipient !== null)
    const seal = recipient === null ? undefined : await sealTo(recipient)
    const file = await (await folder.getFileHandle(name, { create: true })).createWritable()
    const compressor = new CompressionStream('zstd' as CompressionFormat)
    const packed = seal === undefined ? compressor.readable : compressor.readable.pipeThrough(seal)
    const way = { writer: compressor.writable.getWriter(), written: writeCounted(packed, file) }
    return new PackWriter(name, recipient, way)
  }

  /** @param bytes are given away: they may be read after the promise has resolved */
  async add(hash: Hash, bytes: Bytes): Promise<void> {
    this.#objects.push({ hash, size: bytes.byteLength })
    await this.#gather(objectHeader(hash, bytes.byteLength))
    await this.#gather(bytes)
    await this.#gather(PADDING.subarray(0, -bytes.byteLength & (BLOCK - 1)))
  }

  /** Resolves when the pack is on the drive, under its name. */
  async close(): Promise<PackIndex> {
    // Two empty blocks end a tar.
    await this.#gather(PADDING)
    await this.#gather(PADDING)
    await this.#flush()
    await this.#try(this.#way.writer.close())
    return {
      pack: this.name,
      ...(await this.#way.written),
      recipient: this.#recipient,
      objects: this.#objects,
    }
  }

  /** Leaves nothing behind. Never rejects. */
  async discard(reason: unknown): Promise<void> {
    await this.#way.writer.abort(reason).catch(() => undefined)
    await this.#way.written.catch(() => undefined)
  }

  async #gather(bytes: Bytes): Promise<void> {
    const isLarge = bytes.byteLength > GATHER / 2
    // What was gathered before it, its own header too, goes first.
    if (isLarge || this.#filled + bytes.byteLength > GATHER) await this.#flush()
    if (isLarge) return await this.#try(this.#way.writer.write(bytes))
    this.#gathered.set(bytes, this.#filled)
    this.#filled += bytes.byteLength
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return
    const bytes = this.#gathered.slice(0, this.#filled)
    this.#filled = 0
    await this.#try(this.#way.writer.write(bytes))
  }

  /** When the drive fails, its error counts, and not what becomes of the stream. */
  async #try(written: Promise<void>): Promise<void> {
    try {
      await written
    } catch (error) {
      await this.#way.written
      throw error
    }
  }
}

const PADDING = new Uint8Array(BLOCK)

/** Writes in large chunks, and says what was written. */
async function writeCounted(
  stream: ReadableStream<Uint8Array>,
  file: WritableStream<Uint8Array>,
): Promise<Written> {
  const digest = new crypto.DigestStream('SHA-256')
  const hashing = digest.getWriter()
  let bytes = 0
  let chunk = new Uint8Array(CHUNK)
  let filled = 0
  const pass = async (controller: TransformStreamDefaultController<Uint8Array>) => {
    const whole = chunk.subarray(0, filled)
    bytes += filled
    chunk = new Uint8Array(CHUNK)
    filled = 0
    await hashing.write(whole)
    controller.enqueue(whole)
  }
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    async transform(given, controller) {
      for (let start = 0; start < given.byteLength; ) {
        const piece = given.subarray(start, start + CHUNK - filled)
        chunk.set(piece, filled)
        filled += piece.byteLength
        start += piece.byteLength
        if (filled === CHUNK) await pass(controller)
      }
    },
    flush: async (controller) => {
      if (filled > 0) await pass(controller)
      await hashing.close()
    },
  })
  await stream.pipeThrough(counted).pipeTo(file)
  return { bytes, sha256: toHex(await digest.digest) }
}
