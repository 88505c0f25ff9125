// Files that are being written: each is a file of its own beside the one that it is to be, until it is committed.
// Invariant: under the name of a file there is always its old content as a whole, or its new one.

import {
  type BigIntStats,
  close,
  constants,
  fstatSync,
  fsync,
  ftruncate,
  lstatSync,
  openSync,
  read,
  renameSync,
  unlinkSync,
  write,
} from 'node:fs'
import { promisify } from 'node:util'
import { FileError } from '../../../sdk/protocol/file-error.ts'
import { UNFINISHED_PREFIX } from '../../../sdk/protocol/file-names.ts'
import { flushEntry } from './flushing.ts'
import { openFile, requireKind } from './read.ts'
import { look, type Place, standAbove } from './stand.ts'
import { fileErrorOf, notFound } from './system-errors.ts'

const closeFile = promisify(close)
const flush = promisify(fsync)
const truncate = promisify(ftruncate)
const readBytes = promisify(read)
const writeBytes = promisify(write)
const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants

/** Copied in one step. */
const COPY_BYTES = 8 * 1024 * 1024
const COPY_PIECE = 1024 * 1024

interface Writer {
  readonly place: Place
  /** Its name until it is committed. */
  readonly temporary: string
  readonly fd: number
  /** The last change: the next one waits for it. */
  last: Promise<unknown>
  /** The content to begin with, while it is copied. */
  source: { readonly fd: number; copied: number } | undefined
}

export interface WriterStart {
  /** Unique in all runtimes: part of the temporary name. */
  readonly token: string
  /** Whose content it begins with. */
  readonly from: Place | undefined
  /** Whether the file must exist already. */
  readonly mustExist: boolean
}

export class Writers {
  readonly #open = new Map<number, Writer>()

  open(number: number, place: Place, { token, from, mustExist }: WriterStart): void {
    const source = from === undefined ? undefined : { fd: standAbove(from, openFile), copied: 0 }
    try {
      this.#open.set(
        number,
        standAbove(place, (name) => {
          const replaced = look(name)
          if (replaced !== undefined) requireKind(replaced, 'file')
          else if (mustExist) throw notFound()
          const temporary = `${UNFINISHED_PREFIX}${token}.part`
          const mode = replaced === undefined ? 0o666 : Number(replaced.mode & 0o777n)
          const fd = openSync(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
          return { place, temporary, fd, source, last: Promise.resolve() }
        }),
      )
    } catch (error) {
      if (source !== undefined) close(source.fd)
      throw error
    }
  }

  /** Copies a part of what it begins with. Resolves with the bytes copied; 0 when all are. */
  async copy(number: number): Promise<number> {
    const writer = this.#get(number)
    const { source } = writer
    if (source === undefined) return 0
    const piece = Buffer.allocUnsafe(COPY_PIECE)
    for (let done = 0; done < COPY_BYTES; ) {
      const { bytesRead } = await this.#try(readBytes(source.fd, piece, 0, COPY_PIECE, source.copied))
      if (bytesRead === 0) {
        writer.source = undefined
        await closeFile(source.fd)
        return done
      }
      await this.#put(writer, piece.subarray(0, bytesRead), source.copied)
      source.copied += bytesRead
      done += bytesRead
    }
    return COPY_BYTES
  }

  async write(number: number, position: number, bytes: Uint8Array): Promise<void> {
    const writer = this.#get(number)
    await inOrder(writer, () => this.#put(writer, bytes, position))
  }

  async truncate(number: number, size: number): Promise<void> {
    const writer = this.#get(number)
    await inOrder(writer, () => this.#try(truncate(writer.fd, size)))
  }

  /** Gives it its name, and resolves when that lasts; then it is closed. Resolves with the size of the file that it replaced. */
  async commit(number: number): Promise<number | null> {
    const writer = this.#get(number)
    const { place, temporary, fd } = writer
    try {
      await inOrder(writer, () => this.#try(flush(fd)))
      const own = fstatSync(fd, { bigint: true })
      return standAbove(place, (name) => {
        const replaced = look(name)
        if (replaced !== undefined) requireKind(replaced, 'file')
        const found = lstatSync(temporary, { bigint: true, throwIfNoEntry: false })
        if (!isSame(found, own))
          throw new FileError('NotFoundError', 'The folder was exchanged while it was written to')
        renameSync(temporary, name)
        flushEntry(fd)
        return replaced === undefined ? null : Number(replaced.size)
      })
    } finally {
      await this.discard(number)
    }
  }

  /** Closes it, and removes what was not committed. Does nothing for one that is closed. */
  async discard(number: number): Promise<void> {
    const writer = this.#open.get(number)
    if (writer === undefined) return
    this.#open.delete(number)
    const { place, temporary, fd, source } = writer
    // What was begun uses the file still.
    await writer.last
    if (source !== undefined) await closeFile(source.fd)
    const own = fstatSync(fd, { bigint: true })
    await closeFile(fd)
    discardUnfinished(place, temporary, own)
  }

  #get(number: number): Writer {
    const writer = this.#open.get(number)
    if (writer === undefined)
      throw new FileError('InvalidStateError', 'The file is not being written any more')
    return writer
  }

  async #put(writer: Writer, bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.#try(
        writeBytes(writer.fd, bytes, done, bytes.byteLength - done, position + done),
      )
      done += bytesWritten
    }
  }

  async #try<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw fileErrorOf(error)
    }
  }
}

/** Changes of one file follow each other, however many are asked for at once. */
function inOrder<T>(writer: Writer, work: () => Promise<T>): Promise<T> {
  const done = writer.last.then(work)
  writer.last = done.catch(() => undefined)
  return done
}

function discardUnfinished(place: Place, temporary: string, own: BigIntStats): void {
  try {
    standAbove(place, () => {
      if (isSame(lstatSync(temporary, { bigint: true, throwIfNoEntry: false }), own)) unlinkSync(temporary)
    })
  } catch (error) {
    // The folder or the drive has gone, and the file with it.
    if (
      !(error instanceof FileError) &&
      !(error instanceof Error && 'code' in error && error.code === 'FOLDER_GONE')
    )
      throw error
  }
}

function isSame(found: BigIntStats | undefined, own: BigIntStats): boolean {
  return found?.isFile() === true && found.ino === own.ino && found.dev === own.dev
}
