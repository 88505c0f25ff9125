// FileSystemWritableFileStream: writes go to a file of their own, which takes the place of the other when the stream is closed.
// Invariant: a few pieces are on their way to the host, in order; the file gets its name when all have arrived, and a stream that
// fails or is aborted leaves it as it was. Small writes are joined while a piece is on its way, as TCP does (RFC 896).

import { FILE_CHUNK } from '../../../../../sdk/protocol/file-wire.ts'
import type { HostCall } from '../../env/host-calls.ts'
import { CallSite } from '../base/call-site.ts'
import { DOMException } from '../base/dom-exception.ts'
import { defineInterface, isBufferSource, isObject, toUsv, viewBytes } from '../base/webidl.ts'
import { type Blob, blobPieces, isBlob } from '../fetch/blob.ts'
import { acceptRest } from '../streams/passable.ts'
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
const WRITTEN = new WeakMap<object, WritingFile>()
/** Pieces on their way to the host at once: each takes a round trip through three processes. */
const MAX_UNDER_WAY = 8

/** Made when it is first needed: it extends a class of the streams, which are evaluated then. */
export function writableClass(): WritableClass {
  cell.made ??= makeClass()
  return cell.made
}

/** @param writer the handle of the host */
export function createWritableStream(call: HostCall, writer: number): FileSystemWritableFileStream {
  const file = new WritingFile(call, writer)
  const sink: UnderlyingSink<unknown> = {
    start: (controller) => file.onFailure((reason) => controller.error(reason)),
    write: (chunk) => file.take(chunk),
    close: () => file.commit(),
    abort: () => file.discard(),
  }
  FROM_HOST.add(sink)
  const stream = new (writableClass())(sink)
  WRITTEN.set(stream, file)
  acceptRest(stream, (answered) => file.takeRest(answered))
  return stream
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

/** The stream is locked only until the command is queued. Resolves when the host has carried it out; a writer does not wait for that. */
async function writeTo(stream: WritableStream, command: unknown): Promise<void> {
  const file = WRITTEN.get(stream)
  const site = new CallSite()
  if (file !== undefined) file.site = site
  const writer = stream.getWriter()
  const written = writer.write(command)
  writer.releaseLock()
  await site.marking(written)
  await site.marking(file?.arrived() ?? written)
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
  /** Where the plugin used the stream last. */
  site = new CallSite()
  /** Where the next write goes. */
  #position = 0
  /** Bytes that wait to become a piece, and end at the position. */
  #joined: Uint8Array | undefined
  #filled = 0
  /** The pieces on their way, oldest first. They never reject. */
  readonly #underWay: Promise<void>[] = []
  /** While the host writes what passes by. */
  #rest: Promise<void> | undefined
  #failure: { readonly reason: unknown } | undefined
  #report: (reason: unknown) => void = () => undefined

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

  /** Called when a piece has failed, which the stream has taken already. */
  onFailure(report: (reason: unknown) => void): void {
    this.#report = report
  }

  /** Resolves when everything that was taken has arrived. Rejects when something of it has failed. */
  async arrived(): Promise<void> {
    await this.#flush()
    await Promise.all(this.#underWay)
    if (this.#failure !== undefined) throw this.#failure.reason
  }

  /**
   * The host writes the rest of the stream that answers the call; what has arrived of it already is written here, before that. Never rejects:
   * what fails is the failure of the stream that is being written.
   */
  takeRest(call: number): () => Promise<void> {
    const position = this.#position
    return () => {
      this.#rest = ask(this.#call, 'files.pipe', [this.#writer, position, call]).then(
        ({ head }) => {
          if (typeof head === 'number') this.#position = head
        },
        (reason: unknown) => this.#fail(reason),
      )
      return this.#rest
    }
  }

  async commit(): Promise<void> {
    await this.#rest
    await this.site.marking(this.arrived())
    await this.site.marking(ask(this.#call, 'files.commit', [this.#writer]))
  }

  async discard(): Promise<void> {
    await this.site.marking(ask(this.#call, 'files.discard', [this.#writer]))
  }

  async #carryOut(chunk: unknown): Promise<void> {
    if (typeof chunk === 'string' || isBufferSource(chunk) || isBlob(chunk)) return await this.#write(chunk)
    if (!isObject(chunk)) throw new TypeError('write() takes bytes, a Blob, text or a command')
    const { type, data, position, size } = chunk as Command
    if (type === 'write') {
      if (data === undefined) throw missing('data')
      if (position !== undefined && position !== null) await this.#moveTo(toSize(position))
      return await this.#write(data)
    }
    if (type === 'seek') {
      if (position === undefined) throw missing('position')
      await this.#moveTo(toSize(position))
    } else if (type === 'truncate') {
      if (size === undefined) throw missing('size')
      const length = toSize(size)
      await this.#flush()
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
    for (let start = 0; start < bytes.byteLength; ) {
      if (this.#failure !== undefined) throw this.#failure.reason
      // A copy: the plugin may write to its own meanwhile.
      const part = bytes.subarray(start, start + FILE_CHUNK - this.#filled)
      this.#joined ??= new Uint8Array(FILE_CHUNK)
      this.#joined.set(part, this.#filled)
      this.#filled += part.byteLength
      this.#position += part.byteLength
      start += part.byteLength
      if (this.#filled === FILE_CHUNK) await this.#flush()
    }
    if (this.#underWay.length === 0) await this.#flush()
  }

  async #moveTo(position: number): Promise<void> {
    if (position !== this.#position) await this.#flush()
    this.#position = position
  }

  /** Sends what was joined, when there is room on the way. */
  async #flush(): Promise<void> {
    while (this.#underWay.length >= MAX_UNDER_WAY) await this.#underWay[0]
    if (this.#failure !== undefined) throw this.#failure.reason
    this.#sendJoined()
  }

  #sendJoined(): void {
    const joined = this.#joined
    if (joined === undefined || this.#filled === 0) return
    const piece = this.#filled === FILE_CHUNK ? joined : joined.slice(0, this.#filled)
    if (piece === joined) this.#joined = undefined
    this.#filled = 0
    this.#send(piece, this.#position - piece.byteLength)
  }

  #send(piece: Uint8Array, position: number): void {
    const sent: Promise<void> = ask(this.#call, 'files.write', [this.#writer, position], piece).then(
      () => this.#settle(sent),
      (reason: unknown) => {
        this.#settle(sent)
        this.#fail(reason)
      },
    )
    this.#underWay.push(sent)
  }

  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = { reason }
    this.#report(reason)
    // The stream calls its sink no more. What the host has lost is discarded already.
    this.discard().catch(() => undefined)
  }

  #settle(sent: Promise<void>): void {
    const place = this.#underWay.indexOf(sent)
    if (place !== -1) this.#underWay.splice(place, 1)
    if (this.#underWay.length === 0 && this.#failure === undefined) this.#sendJoined()
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
