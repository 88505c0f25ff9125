// Blob and File: immutable bytes with a type. Those of a file in a granted folder stay there until they are read.
// Invariant: the bytes behind #bytes are never written to and never leave uncopied.
import { bytesSlice, exec, promiseThen, SafeUint8Array, toLowerCase } from '../base/primordials.ts'
import {
  defineInterface,
  isBufferSource,
  isObject,
  requireArguments,
  toDictionary,
  toText,
  toUsv,
  viewBytes,
} from '../base/webidl.ts'
import { streamOf, streams } from '../streams/streams.ts'
import { concatBytes, decodeBody, encodeUtf8 } from '../text/utf8.ts'

const NOT_PRINTABLE = /[^\x20-\x7e]/

/** Bytes that are read when they are needed. */
export interface RemoteBytes {
  readonly size: number
  /** At least one byte, at most `length`. The result is the caller's own. */
  read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

/** A piece that is read at a time. */
const PIECE = 256 * 1024
/** Pieces on their way while one is used: each takes a round trip through three processes. */
const AHEAD = 4

export let isBlob: (value: unknown) => value is Blob
/** The bytes themselves: for reading only. @throws TypeError for those of a file that was not read */
export let blobBytes: (blob: Blob) => Uint8Array<ArrayBuffer>
export let blobRemote: (blob: Blob) => RemoteBytes | undefined
export let blobSize: (blob: Blob) => number
let setRemote: <Any extends Blob>(blob: Any, remote: RemoteBytes) => Any
export let makeBlob: (bytes: Uint8Array<ArrayBuffer>, type: string) => Blob

export class Blob {
  #bytes: Uint8Array<ArrayBuffer>
  /** Instead of #bytes. */
  #remote: RemoteBytes | undefined = undefined
  #type: string

  static {
    isBlob = (value): value is Blob => isObject(value) && #bytes in value
    blobBytes = (blob) => {
      if (blob.#remote === undefined) return blob.#bytes
      throw new TypeError(
        'The content of the file is not here: use its stream(), or read it with arrayBuffer()',
      )
    }
    blobRemote = (blob) => blob.#remote
    blobSize = (blob) => blob.#remote?.size ?? blob.#bytes.length
    setRemote = (blob, remote) => {
      blob.#remote = remote
      return blob
    }
    makeBlob = (bytes, type) => {
      const blob = new Blob()
      blob.#bytes = bytes
      blob.#type = type
      return blob
    }
  }

  constructor(parts?: unknown, options?: unknown) {
    const pieces = parts === undefined ? [] : readParts(parts)
    const { endings = 'transparent', type = '' } = toDictionary(options, 'The options of a Blob')
    const ending = toText(endings)
    if (ending !== 'transparent' && ending !== 'native') {
      throw new TypeError('"endings" is neither "transparent" nor "native"')
    }
    this.#bytes = concatBytes(
      pieces.map((piece) => (typeof piece === 'string' ? encodeUtf8(withEndings(piece, ending)) : piece)),
    )
    this.#type = cleanType(toText(type))
  }

  get size(): number {
    return blobSize(this)
  }
  get type(): string {
    return this.#type
  }
  slice(start?: unknown, end?: unknown, type?: unknown): Blob {
    const length = blobSize(this)
    const from = clampIndex(start, 0, length)
    const to = clampIndex(end, length, length)
    const size = Math.max(to - from, 0)
    const kind = type === undefined ? '' : cleanType(toText(type))
    const remote = this.#remote
    if (remote !== undefined) {
      const part = { size, read: (at: number, wanted: number) => remote.read(from + at, wanted) }
      return setRemote(makeBlob(new SafeUint8Array(0), kind), part)
    }
    const { buffer, byteOffset } = this.#bytes
    return makeBlob(new SafeUint8Array(buffer, byteOffset + from, size), kind)
  }
  stream(): ReadableStream {
    return this.#remote === undefined ? streamOf(this.#bytes) : remoteStream(this.#remote)
  }
  async text(): Promise<string> {
    return decodeBody(this.#remote === undefined ? this.#bytes : await readBytes(this))
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await readBytes(this)).buffer
  }
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return await readBytes(this)
  }
}
defineInterface(Blob, 'Blob', 0)

export class File extends Blob {
  readonly #name: string
  readonly #lastModified: number

  constructor(parts: unknown, name: unknown, options?: unknown) {
    requireArguments(arguments.length, 2, 'File')
    super(parts, options)
    const { lastModified } = toDictionary(options, 'The options of a File')
    this.#name = toUsv(name)
    this.#lastModified = lastModified === undefined ? Date.now() : Math.trunc(Number(lastModified)) || 0
  }
  get name(): string {
    return this.#name
  }
  get lastModified(): number {
    return this.#lastModified
  }
  get webkitRelativePath(): string {
    void this.#name
    return ''
  }
}
defineInterface(File, 'File', 2)

/** A file in a granted folder. */
export function makeRemoteFile(
  remote: RemoteBytes,
  {
    name,
    lastModified,
    type = '',
  }: { readonly name: string; readonly lastModified: number; readonly type?: string },
): File {
  return setRemote(new File([], name, { lastModified, type }), remote)
}

/** The content in pieces, which are the caller's own or must only be read. */
export async function* blobPieces(blob: Blob, length: number): AsyncGenerator<Uint8Array> {
  const remote = blobRemote(blob)
  if (remote === undefined) return yield blobBytes(blob)
  const reader = readAhead(remote, length)
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) yield piece
}

interface AheadReader {
  /** Undefined at the end. Rejects as the source does. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>
}

/** Reads whole pieces in order, and asks for the next ones before they are wanted. */
function readAhead({ size, read }: RemoteBytes, length: number): AheadReader {
  const coming: Promise<Uint8Array<ArrayBuffer>>[] = []
  let asked = 0

  function ask(): void {
    while (coming.length < AHEAD && asked < size) {
      const piece = readWhole(read, asked, Math.min(length, size - asked))
      // One that is not wanted any more may fail.
      promiseThen(piece, undefined, () => undefined)
      coming[coming.length] = piece
      asked += length
    }
  }

  return {
    async next() {
      ask()
      const first = coming.shift()
      if (first === undefined) return undefined
      const piece = await first
      ask()
      return piece
    },
  }
}

async function readWhole(
  read: RemoteBytes['read'],
  start: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const first = await read(start, length)
  if (first.byteLength === length) return first
  const whole = new SafeUint8Array(length)
  whole.set(first)
  for (let done = first.byteLength; done < length; ) {
    const piece = await read(start + done, length - done)
    whole.set(piece, done)
    done += piece.byteLength
  }
  return whole
}

/** For structuredClone(). */
export function copyBlob(blob: Blob): Blob {
  const remote = blobRemote(blob)
  if (blob instanceof File) {
    const { name, lastModified, type } = blob
    if (remote !== undefined) return makeRemoteFile(remote, { name, lastModified, type })
    return new File([blob], name, { type, lastModified })
  }
  return remote === undefined
    ? makeBlob(blobBytes(blob), blob.type)
    : setRemote(makeBlob(new SafeUint8Array(0), blob.type), remote)
}

async function readBytes(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const remote = blobRemote(blob)
  if (remote === undefined) return bytesSlice(blobBytes(blob)) as Uint8Array<ArrayBuffer>
  const bytes = new SafeUint8Array(remote.size)
  let at = 0
  for await (const piece of blobPieces(blob, PIECE)) {
    bytes.set(piece, at)
    at += piece.byteLength
  }
  return bytes
}

function remoteStream(remote: RemoteBytes): ReadableStream {
  const reader = readAhead(remote, PIECE)
  let left = remote.size
  const { ReadableStream } = streams()
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const piece = await reader.next()
      if (piece !== undefined) {
        left -= piece.byteLength
        controller.enqueue(piece)
      }
      if (left > 0) return
      controller.close()
      controller.byobRequest?.respond(0)
    },
  }) as ReadableStream
}

function readParts(parts: unknown): (string | Uint8Array)[] {
  const iterator = isObject(parts) ? (parts as { [Symbol.iterator]?: unknown })[Symbol.iterator] : undefined
  if (typeof iterator !== 'function') throw new TypeError('The parts of a Blob are not a sequence')
  const pieces: (string | Uint8Array)[] = []
  for (const part of parts as Iterable<unknown>) {
    if (isBlob(part)) pieces.push(blobBytes(part))
    else if (isBufferSource(part)) pieces.push(bytesSlice(viewBytes(part)))
    else pieces.push(toUsv(part))
  }
  return pieces
}

function withEndings(text: string, ending: string): string {
  return ending === 'native' ? text.replace(/\r\n?/g, '\n') : text
}

function cleanType(type: string): string {
  return exec(NOT_PRINTABLE, type) === null ? toLowerCase(type) : ''
}

function clampIndex(value: unknown, missing: number, length: number): number {
  if (value === undefined) return missing
  const index = Math.trunc(Number(value)) || 0
  return index < 0 ? Math.max(length + index, 0) : Math.min(index, length)
}
