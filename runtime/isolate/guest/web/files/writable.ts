// FileSystemWritableFileStream: writes go to a file of their own, which takes the place of the other when the stream is closed.
// Invariant: at most one piece is on its way to the host; a stream that fails or is aborted leaves the file as it was.

import { FILE_CHUNK } from '../../../../../sdk/protocol/file-wire.ts'
import type { HostCall } from '../../env/host-calls.ts'
import { DOMException } from '../base/dom-exception.ts'
import { defineInterface, isBufferSource, isObject, toUsv, viewBytes } from '../base/webidl.ts'
import { type Blob, blobPieces, isBlob } from '../fetch/blob.ts'
import { streams, type UnderlyingSink, type WritableStream } from '../streams/streams.ts'
import { encodeUtf8 } from '../text/utf8.ts'
import { ask } from './ask.ts'

export interface FileSystemWritableFileStream extends WritableStream {
  write(data: unknown): Promise<void>
  seek(position: unknown): Promise<void>
  truncate(size: unknown): Promise<void>
}

type WritableClass = new (sink: UnderlyingSink<unknown>) => FileSystemWritableFileStream

const cell: { made: WritableClass | undefined } = { made: undefined }
const FROM_HOST = new WeakSet<object>()

/** Made when it is first needed: it extends a class of the streams, which are evaluated then. */
export function writableClass(): WritableClass {
  cell.made ??= makeClass()
  return cell.made
}

/** @param writer the handle of the host */
export function createWritableStream(call: HostCall, writer: number): FileSystemWritableFileStream {
  const file = new WritingFile(call, writer)
  const sink: UnderlyingSink<unknown> = {
    write: (chunk) => file.take(chunk),
    close: () => file.commit(),
    abort: () => file.discard(),
  }
  FROM_HOST.add(sink)
  return new (writableClass())(sink)
}

function makeClass(): WritableClass {
  /** Text is written as UTF-8. */
  class FileSystemWritableFileStream extends streams().WritableStream {
    constructor(sink: UnderlyingSink<unknown>) {
      if (!isObject(sink) || !FROM_HOST.has(sink)) throw new TypeError('Illegal constructor')
      super(sink)
    }

    async write(data: unknown): Promise<void> {
      await writeTo(this, data)
    }

    async seek(position: unknown): Promise<void> {
      await writeTo(this, { type: 'seek', position })
    }

    async truncate(size: unknown): Promise<void> {
      await writeTo(this, { type: 'truncate', size })
    }
  }
  defineInterface(FileSystemWritableFileStream, 'FileSystemWritableFileStream', 0)
  return FileSystemWritableFileStream as unknown as WritableClass
}

/** The stream is locked only until the command is queued. */
function writeTo(stream: WritableStream, command: unknown): Promise<void> {
  const writer = stream.getWriter()
  const written = writer.write(command)
  writer.releaseLock()
  return written
}

interface Command {
  readonly type: unknown
  readonly data?: unknown
  readonly position?: unknown
  readonly size?: unknown
}

class WritingFile {
  readonly #call: HostCall
  readonly #writer: number
  #position = 0

  constructor(call: HostCall, writer: number) {
    this.#call = call
    this.#writer = writer
  }

  async take(chunk: unknown): Promise<void> {
    try {
      await this.#carryOut(chunk)
    } catch (error) {
      // The stream calls its sink no more once it has failed.
      await this.discard()
      throw error
    }
  }

  async commit(): Promise<void> {
    await ask(this.#call, 'files.commit', [this.#writer])
  }

  async discard(): Promise<void> {
    await ask(this.#call, 'files.discard', [this.#writer])
  }

  async #carryOut(chunk: unknown): Promise<void> {
    if (typeof chunk === 'string' || isBufferSource(chunk) || isBlob(chunk)) return await this.#write(chunk)
    if (!isObject(chunk)) throw new TypeError('write() takes bytes, a Blob, text or a command')
    const { type, data, position, size } = chunk as Command
    if (type === 'write') {
      if (data === undefined) throw missing('data')
      if (position !== undefined && position !== null) this.#position = toSize(position)
      return await this.#write(data)
    }
    if (type === 'seek') {
      if (position === undefined) throw missing('position')
      this.#position = toSize(position)
    } else if (type === 'truncate') {
      if (size === undefined) throw missing('size')
      const length = toSize(size)
      await ask(this.#call, 'files.truncate', [this.#writer, length])
      this.#position = Math.min(this.#position, length)
    } else throw new TypeError('The type of a command is "write", "seek" or "truncate"')
  }

  async #write(data: unknown): Promise<void> {
    if (data === null) throw new TypeError('null cannot be written')
    if (isBlob(data)) return await this.#writeBlob(data)
    const bytes = isBufferSource(data) ? viewBytes(data) : encodeUtf8(toUsv(data))
    await this.#writeBytes(bytes)
  }

  async #writeBlob(blob: Blob): Promise<void> {
    for await (const piece of blobPieces(blob, FILE_CHUNK)) await this.#writeBytes(piece)
  }

  async #writeBytes(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.byteLength; start += FILE_CHUNK) {
      // A copy: the plugin may write to its own meanwhile.
      const piece = bytes.slice(start, start + FILE_CHUNK)
      await ask(this.#call, 'files.write', [this.#writer, this.#position], piece)
      this.#position += piece.byteLength
    }
  }
}

function toSize(value: unknown): number {
  const number = value === null ? Number.NaN : Math.trunc(Number(value))
  if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER))
    throw new TypeError('A position or size is out of range')
  return number
}

function missing(member: string): DOMException {
  return new DOMException(`The command has no "${member}"`, 'SyntaxError')
}
