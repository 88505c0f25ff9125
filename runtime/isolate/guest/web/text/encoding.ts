// TextEncoder and TextDecoder. UTF-8 is split into whole characters here; the host decodes the other encodings.
import {
  bytesSlice,
  bytesSubarray,
  charCodeAt,
  SafeUint8Array,
  slice,
  typedArrayName,
} from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineInterface, isBufferSource, toDictionary, toText, toUsv, viewBytes } from '../base/webidl.ts'
import { concatBytes, decodeUtf8, encodeInto, encodeUtf8, incompleteUtf8 } from './utf8.ts'

/**
 * Bytes of an encoding other than UTF-8 that are decoded at once.
 * @limit `TextDecoder`: input of one call, in another encoding than UTF-8
 * @passed a `TypeError` is thrown
 */
const MAX_BYTES = 32 * 1024 * 1024

export class TextEncoder {
  readonly #brand = undefined

  get encoding(): string {
    void this.#brand
    return 'utf-8'
  }
  encode(input: unknown = ''): Uint8Array<ArrayBuffer> {
    void this.#brand
    return encodeUtf8(toUsv(input))
  }
  encodeInto(source: unknown, destination: unknown): { read: number; written: number } {
    void this.#brand
    const text = toUsv(source)
    if (typedArrayName(destination) !== 'Uint8Array') {
      throw new TypeError('The destination is not a Uint8Array')
    }
    return encodeInto(text, destination as Uint8Array)
  }
}
defineInterface(TextEncoder, 'TextEncoder')

export class TextDecoder {
  readonly #encoding: string
  readonly #fatal: boolean
  readonly #ignoreBom: boolean
  #pending: Uint8Array | undefined
  #streaming = false
  #bomSeen = false

  constructor(label: unknown = 'utf-8', options?: unknown) {
    const text = toText(label)
    const { fatal, ignoreBOM } = toDictionary(options, 'The options of TextDecoder')
    const known = text === 'utf-8' || text === 'utf8' ? 'utf-8' : undefined
    const encoding = known ?? (text.length > 64 ? undefined : realm.host.encodingName(text))
    if (encoding === undefined) {
      throw new RangeError(`"${slice(text, 0, 64)}" is not the label of an encoding`)
    }
    this.#encoding = encoding
    this.#fatal = Boolean(fatal)
    this.#ignoreBom = Boolean(ignoreBOM)
  }

  get encoding(): string {
    return this.#encoding
  }
  get fatal(): boolean {
    return this.#fatal
  }
  get ignoreBOM(): boolean {
    return this.#ignoreBom
  }

  decode(input?: unknown, options?: unknown): string {
    if (input !== undefined && !isBufferSource(input)) {
      throw new TypeError('The input is not an ArrayBuffer or a view of one')
    }
    const stream = Boolean(toDictionary(options, 'The options of decode()').stream)
    let bytes = input === undefined ? new SafeUint8Array(0) : viewBytes(input)
    if (!this.#streaming) this.#bomSeen = false
    else if (this.#pending !== undefined) bytes = concatBytes([this.#pending, bytes])
    this.#pending = undefined
    this.#streaming = stream
    if (stream) {
      const kept = this.#incomplete(bytes)
      if (kept > 0) {
        this.#pending = bytesSlice(bytes, bytes.length - kept)
        bytes = bytesSubarray(bytes, 0, bytes.length - kept)
      }
    }
    return this.#withoutBom(this.#decodeWhole(bytes))
  }

  #incomplete(bytes: Uint8Array): number {
    switch (this.#encoding) {
      case 'utf-8':
        return incompleteUtf8(bytes)
      case 'utf-16le':
      case 'utf-16be':
        return incompleteUtf16(bytes, this.#encoding === 'utf-16le')
      case 'gbk':
      case 'gb18030':
      case 'big5':
      case 'euc-jp':
      case 'shift_jis':
      case 'euc-kr':
        return realm.host.pendingBytes(bytesSlice(bytes, -64), this.#encoding)
      case 'iso-2022-jp':
        return bytes.length // The meaning of a byte depends on all escapes before it: decoded as a whole at the end
      default:
        return 0
    }
  }

  #decodeWhole(bytes: Uint8Array): string {
    if (bytes.length === 0) return ''
    const tooLong = this.#encoding !== 'utf-8' && bytes.length > MAX_BYTES
    const text =
      this.#encoding === 'utf-8'
        ? decodeUtf8(bytes, this.#fatal)
        : tooLong
          ? undefined
          : realm.host.decodeText(bytes, this.#encoding, this.#fatal)
    if (text === undefined) {
      this.#pending = undefined
      this.#streaming = false
      throw new TypeError(
        tooLong ? 'The bytes are too many to decode at once' : `The bytes are not valid ${this.#encoding}`,
      )
    }
    return text
  }

  #withoutBom(text: string): string {
    if (text === '' || this.#bomSeen || this.#ignoreBom) return text
    this.#bomSeen = true
    const marked = this.#encoding === 'utf-8' || this.#encoding.startsWith('utf-16')
    return marked && charCodeAt(text, 0) === 0xfeff ? slice(text, 1) : text
  }
}
defineInterface(TextDecoder, 'TextDecoder')

function incompleteUtf16(bytes: Uint8Array, littleEndian: boolean): number {
  const odd = bytes.length & 1
  const even = bytes.length - odd
  if (even === 0) return odd
  const high = bytes[even - (littleEndian ? 1 : 2)] as number
  return (high & 0xfc) === 0xd8 ? odd + 2 : odd
}
