// Reads the objects of a pack in their order. What is read is held against its hash: nothing damaged is given back.

import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import { type Bytes, type Hash, hashOf, isHash, PART_BYTES, partsOf } from './parts.ts'
import { SealError, unsealBy } from './seal.ts'

export class DamagedPack extends Error {
  override readonly name = 'DamagedPack'
  readonly pack: string

  constructor(pack: string, options?: ErrorOptions) {
    super(`"${pack}" is damaged`, options)
    this.pack = pack
  }
}

/** Forward only; `seek` of an earlier object is refused. */
export class PackReader {
  readonly #name: string
  readonly #entries: ReadableStreamDefaultReader<ParsedTarEntry>
  #next = 0

  /** @param identity of age, for a pack that is sealed */
  constructor(name: string, file: ReadableStream<Bytes>, identity: string | undefined) {
    this.#name = name
    if (name.endsWith('.age') && identity === undefined)
      throw new SealError('The backup is encrypted: its key is needed')
    const open =
      identity === undefined || !name.endsWith('.age') ? file : file.pipeThrough(unsealBy(identity))
    const tar: ReadableStream<Bytes> = open.pipeThrough(new DecompressionStream('zstd' as CompressionFormat))
    this.#entries = tar.pipeThrough(createTarDecoder()).getReader()
  }

  /** The number of the object that is read next. */
  get next(): number {
    return this.#next
  }

  /** @throws a DamagedPack, and a SealError for another key */
  async read(number: number, hash: Hash): Promise<Bytes> {
    try {
      for (; this.#next < number; this.#next++) await skip(await this.#entry())
      const { header, body } = await this.#entry()
      this.#next++
      if (header.name !== hash || !isHash(hash) || header.size > PART_BYTES) throw new DamagedPack(this.#name)
      const bytes = (await Array.fromAsync(partsOf(body, header.size)))[0] ?? new Uint8Array(0)
      if ((await hashOf(bytes)) !== hash) throw new DamagedPack(this.#name)
      return bytes
    } catch (error) {
      await this.close()
      if (error instanceof SealError || error instanceof DamagedPack || isOfTheDrive(error)) throw error
      throw new DamagedPack(this.#name, { cause: error })
    }
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.#entries.cancel().catch(() => undefined)
  }

  async #entry(): Promise<ParsedTarEntry> {
    const { value, done } = await this.#entries.read()
    if (done) throw new DamagedPack(this.#name)
    return value
  }
}

/** By reading: to cancel the body of an entry disturbs the next one (modern-tar 0.8.6). */
async function skip({ body }: ParsedTarEntry): Promise<void> {
  for await (const _chunk of body);
}

/** What a handle of a file rejects with: the drive has gone, say. Streams pass it on as it is. */
function isOfTheDrive(error: unknown): boolean {
  return error instanceof DOMException && error.name !== 'DataError'
}
