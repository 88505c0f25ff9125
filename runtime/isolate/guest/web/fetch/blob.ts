// Blob and File: immutable bytes with a type.
// Invariant: the bytes behind #bytes are never written to and never leave uncopied.
import { bytesSlice, exec, SafeUint8Array, toLowerCase } from '../base/primordials.ts'
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
import { streamOf } from '../streams/streams.ts'
import { concatBytes, decodeBody, encodeUtf8 } from '../text/utf8.ts'

const NOT_PRINTABLE = /[^\x20-\x7e]/

export let isBlob: (value: unknown) => value is Blob
/** The bytes themselves: for reading only. */
export let blobBytes: (blob: Blob) => Uint8Array<ArrayBuffer>
export let makeBlob: (bytes: Uint8Array<ArrayBuffer>, type: string) => Blob

export class Blob {
  #bytes: Uint8Array<ArrayBuffer>
  #type: string

  static {
    isBlob = (value): value is Blob => isObject(value) && #bytes in value
    blobBytes = (blob) => blob.#bytes
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
    return this.#bytes.length
  }
  get type(): string {
    return this.#type
  }
  slice(start?: unknown, end?: unknown, type?: unknown): Blob {
    const { length } = this.#bytes
    const from = clampIndex(start, 0, length)
    const to = clampIndex(end, length, length)
    const { buffer, byteOffset } = this.#bytes
    const part = new SafeUint8Array(buffer, byteOffset + from, Math.max(to - from, 0))
    return makeBlob(part, type === undefined ? '' : cleanType(toText(type)))
  }
  stream(): ReadableStream {
    return streamOf(this.#bytes)
  }
  async text(): Promise<string> {
    return decodeBody(this.#bytes)
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return bytesSlice(this.#bytes).buffer as ArrayBuffer
  }
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return bytesSlice(this.#bytes)
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
