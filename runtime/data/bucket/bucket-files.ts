// The contents of one plugin's bucket: files named by their SHA-256, which never change.
// Invariant: a content is on the disk, flushed, before anything refers to it, and is removed only when nothing does: what is being
// placed or read now is named to the data process, and nothing is placed while files are removed.

import { constants, renameSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { flush, flushFolder } from '../../../plugin-store/flush.ts'
import { type ArrivedContent, CONTENTS_FOLDER, type WireSegment } from '../../../sdk/protocol/bucket-wire.ts'
import { PlugbayError } from '../../errors.ts'
import type { InUse, Waste } from '../worker/bucket/bucket-types.ts'

export interface BucketFilesParts {
  /** The folder of the plugin. */
  readonly home: string
  readonly collect: (inUse: InUse) => Promise<Waste>
  readonly onError: (error: unknown) => void
}

/** After a file was replaced or deleted: a little later than its content may go (worker/bucket/bucket-database.ts). */
const COLLECT_MS = 65_000
const SUSPECTS = 500
const MOST_PLACED = 64_000_000
const SHA256 = /^[0-9a-f]{64}$/
/** For a guest: as much as a window of its stream. */
const PIECE = 256 * 1024

export class BucketFiles {
  readonly #parts: BucketFilesParts
  readonly #place: ContentPlace
  /** How often each is read now. */
  readonly #reading = new Map<number, number>()
  readonly #placing = new Map<string, number>()
  readonly #suspects = new Set<string>()
  /** Bytes since the last time that contents were removed. */
  #placed = 0
  #collecting: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #holds = 0
  #isMade = false
  #isSwept = false
  #whenUnread: (() => void) | undefined

  constructor(parts: BucketFilesParts) {
    this.#parts = parts
    this.#place = { folder: join(parts.home, CONTENTS_FOLDER) }
  }

  /**
   * Puts a content that has arrived in its place, and has it referred to; null when it was not. Rejects as `refer` does, and with the
   * system's error.
   * @param path of the content: the file is gone afterwards
   */
  async place<T>(
    path: string,
    { sha256, size }: ArrivedContent,
    refer: () => Promise<T | null>,
  ): Promise<T | null> {
    count(this.#placing, sha256, 1)
    let referred: T | null = null
    try {
      await flush(path)
      while (this.#collecting !== undefined) await this.#collecting
      await this.#makeFolder()
      await rename(path, join(this.#place.folder, sha256))
      await flushFolder(this.#place.folder)
      referred = await refer()
      return referred
    } finally {
      count(this.#placing, sha256, -1)
      if (referred === null) this.#suspects.add(sha256)
      this.#placed += size
      // What a plugin replaces again and again must not pile up.
      if (referred === null || this.#placed > MOST_PLACED) this.#collectNow()
      else this.collectLater()
    }
  }

  /**
   * The bytes of pieces, in order. Nothing of the object is removed until it has been iterated.
   * @param find asks where the content is; called after the object was noted as being read
   */
  async read(id: number, find: () => Promise<readonly WireSegment[] | null>): Promise<FileReading> {
    count(this.#reading, id, 1)
    const end = () => {
      count(this.#reading, id, -1)
      if (this.#reading.size === 0) this.#whenUnread?.()
    }
    try {
      const segments = await find()
      if (segments === null)
        throw new PlugbayError('NOT_FOUND', 'The file was replaced or deleted before its content was read')
      const first = await this.#openFirst(segments)
      return new FileReading(this.#place, segments, first, end)
    } catch (error) {
      end()
      throw error
    }
  }

  /** Nothing is removed until the function that it returns is called. */
  async hold(): Promise<() => void> {
    this.#holds++
    while (this.#collecting !== undefined) await this.#collecting
    return () => {
      this.#holds--
    }
  }

  /** Call it after what may have left contents without a use. */
  collectLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#collectNow()
    }, COLLECT_MS).unref()
  }

  #collectNow(): void {
    this.collect().catch(this.#parts.onError)
  }

  /** Removes contents that nothing refers to; at the first time also those that a crash has left behind. */
  async collect(): Promise<void> {
    while (this.#collecting !== undefined) await this.#collecting
    if (this.#holds > 0) return this.collectLater()
    const done = this.#collect()
    const release = () => {
      this.#collecting = undefined
    }
    this.#collecting = done.then(release, release)
    await done
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /**
   * Moves all contents out of the home of the plugin, which has forgotten them: who has begun to read goes on from there.
   * @returns resolves when the last reader has ended
   */
  moveTo(folder: string): Promise<void> {
    try {
      renameSync(this.#place.folder, folder)
    } catch (error) {
      ifMissing(error as NodeJS.ErrnoException)
    }
    this.#place.folder = folder
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#whenUnread = resolve
    if (this.#reading.size === 0) resolve()
    return promise
  }

  get isRead(): boolean {
    return this.#reading.size > 0
  }

  async #collect(): Promise<void> {
    this.#placed = 0
    if (!this.#isSwept) {
      for (const name of await readdir(this.#place.folder).catch(ifMissing))
        if (SHA256.test(name)) this.#suspects.add(name)
      this.#isSwept = true
    }
    for (;;) {
      const suspects = [...this.#suspects].slice(0, SUSPECTS)
      const placing = [...this.#placing.keys()]
      const { gone, more } = await this.#parts.collect({
        reading: [...this.#reading.keys()],
        placing,
        suspects,
      })
      for (const sha256 of gone)
        if (!this.#placing.has(sha256)) await rm(join(this.#place.folder, sha256), { force: true })
      for (const sha256 of suspects) this.#suspects.delete(sha256)
      if (!more && this.#suspects.size === 0) return
    }
  }

  async #openFirst(segments: readonly WireSegment[]): Promise<FileHandle | undefined> {
    const [first] = segments
    return first === undefined ? undefined : await openContent(this.#place, first[0])
  }

  async #makeFolder(): Promise<void> {
    if (this.#isMade) return
    await mkdir(this.#place.folder, { recursive: true, mode: 0o700 })
    await flushFolder(this.#parts.home)
    this.#isMade = true
  }
}

/** Where contents are: they may be moved while they are read. */
interface ContentPlace {
  folder: string
}

/** The bytes of one answer. */
export class FileReading {
  readonly #place: ContentPlace
  readonly #segments: readonly WireSegment[]
  #first: FileHandle | undefined
  readonly #onEnd: () => void
  #isOver = false

  constructor(
    place: ContentPlace,
    segments: readonly WireSegment[],
    first: FileHandle | undefined,
    onEnd: () => void,
  ) {
    this.#place = place
    this.#segments = segments
    this.#first = first
    this.#onEnd = onEnd
  }

  /** In bytes: less than was asked for at the end of the file. */
  get length(): number {
    return this.#segments.reduce((sum, [, , length]) => sum + length, 0)
  }

  /**
   * To be iterated once. Rejects with HOST_CALL_FAILED.
   * @param space where the next piece is read to; by default, each piece is the reader's own
   */
  async *pieces(space: () => Buffer = newSpace): AsyncGenerator<Uint8Array, void, void> {
    let file: FileHandle | undefined
    try {
      for (const [sha256, start, length] of this.#segments) {
        file = this.#first ?? (await openContent(this.#place, sha256))
        this.#first = undefined
        for (let done = 0; done < length; ) {
          const piece = space()
          const wanted = Math.min(piece.length, length - done)
          const { bytesRead } = await file.read(piece, 0, wanted, start + done)
          if (bytesRead === 0) throw new PlugbayError('HOST_CALL_FAILED', 'The content of a file is cut off')
          done += bytesRead
          yield bytesRead === piece.length ? piece : piece.subarray(0, bytesRead)
        }
        await file.close()
        file = undefined
      }
    } finally {
      await file?.close()
      await this.close()
    }
  }

  /** Releases what is not read to its end. Idempotent. */
  async close(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#onEnd()
    const first = this.#first
    this.#first = undefined
    await first?.close()
  }
}

function newSpace(): Buffer {
  return Buffer.allocUnsafeSlow(PIECE)
}

async function openContent(place: ContentPlace, sha256: string): Promise<FileHandle> {
  // The data process, which runs the SQL of plugins, has named it.
  if (!SHA256.test(sha256)) throw new PlugbayError('HOST_CALL_FAILED', 'The name of a content is not one')
  const { folder } = place
  try {
    return await open(join(folder, sha256), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (error) {
    // Moved while it was being opened.
    if (folder !== place.folder) return await openContent(place, sha256)
    throw new PlugbayError('HOST_CALL_FAILED', 'The content of a file is missing', { cause: error })
  }
}

function count<Key>(counts: Map<Key, number>, key: Key, by: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + by
  if (now === 0) counts.delete(key)
  else counts.set(key, now)
}

function ifMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
