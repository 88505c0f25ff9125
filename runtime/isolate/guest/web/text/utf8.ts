// UTF-8 both ways: short texts here, long ones by the host in pieces that bound how much is copied at once.
import {
  apply,
  bytesSet,
  bytesSubarray,
  charCodeAt,
  fromCharCode,
  fromCodePoint,
  SafeUint8Array,
  slice,
} from '../base/primordials.ts'
import { realm } from '../base/realm.ts'

/** Above this a host call is cheaper than a loop here. */
const SHORT = 512
/** Characters or bytes per host call. */
const PIECE = 8 * 1024 * 1024

/** Lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (text.length <= SHORT) return encodeShort(text)
  if (text.length <= PIECE) return realm.host.encodeText(text) as Uint8Array<ArrayBuffer>
  const pieces: Uint8Array[] = []
  for (let start = 0; start < text.length; ) {
    let end = start + PIECE
    if (end < text.length && (charCodeAt(text, end - 1) & 0xfc00) === 0xd800) end--
    pieces.push(realm.host.encodeText(slice(text, start, end)))
    start = end
  }
  return concatBytes(pieces)
}

export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const piece of pieces) length += piece.length
  const bytes = new SafeUint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytesSet(bytes, piece, at)
    at += piece.length
  }
  return bytes
}

function encodeShort(text: string): Uint8Array<ArrayBuffer> {
  const { length } = text
  const ascii = new SafeUint8Array(length)
  for (let i = 0; i < length; i++) {
    const code = charCodeAt(text, i)
    if (code > 0x7f) return encodeWide(text)
    ascii[i] = code
  }
  return ascii
}

function encodeWide(text: string): Uint8Array<ArrayBuffer> {
  const out = new SafeUint8Array(text.length * 3)
  const { written } = encodeInto(text, out)
  return new SafeUint8Array(out.buffer.slice(0, written))
}

/** Writes whole characters until `out` is full, as TextEncoder.encodeInto() does. */
export function encodeInto(text: string, out: Uint8Array): { read: number; written: number } {
  let at = 0
  let i = 0
  for (; i < text.length; i++) {
    let code = charCodeAt(text, i)
    let units = 1
    if ((code & 0xf800) === 0xd800) {
      const next = i + 1 < text.length ? charCodeAt(text, i + 1) : 0
      if (code < 0xdc00 && (next & 0xfc00) === 0xdc00) {
        code = ((code - 0xd800) << 10) + (next - 0xdc00) + 0x10000
        units = 2
      } else code = 0xfffd
    }
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (at + size > out.length) break
    if (size === 1) out[at++] = code
    else {
      out[at++] = size === 2 ? 0xc0 | (code >> 6) : size === 3 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18)
      if (size === 4) out[at++] = 0x80 | ((code >> 12) & 0x3f)
      if (size >= 3) out[at++] = 0x80 | ((code >> 6) & 0x3f)
      out[at++] = 0x80 | (code & 0x3f)
    }
    i += units - 1
  }
  return { read: i, written: at }
}

/** A byte order mark stays in the text; undefined where `fatal` is set and the bytes are malformed. */
export function decodeUtf8(bytes: Uint8Array, fatal: boolean): string | undefined {
  if (bytes.length <= SHORT) return decodeShort(bytes, fatal)
  if (bytes.length <= PIECE) return realm.host.decodeText(bytes, 'utf-8', fatal)
  let text = ''
  for (let start = 0; start < bytes.length; ) {
    let piece = bytesSubarray(bytes, start, start + PIECE)
    if (start + PIECE < bytes.length) piece = bytesSubarray(piece, 0, piece.length - incompleteUtf8(piece))
    const part = realm.host.decodeText(piece, 'utf-8', fatal)
    if (part === undefined) return undefined
    text += part
    start += piece.length
  }
  return text
}

/** UTF-8 decode of the Encoding standard: malformed bytes become U+FFFD, a byte order mark at the start is removed. */
export function decodeBody(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes, false) as string
  return charCodeAt(text, 0) === 0xfeff ? slice(text, 1) : text
}

function decodeShort(bytes: Uint8Array, fatal: boolean): string | undefined {
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i] as number) > 0x7f) return decodeWide(bytes, fatal)
  }
  return apply(fromCharCode, undefined, bytes as ArrayLike<number>) as string
}

function decodeWide(bytes: Uint8Array, fatal: boolean): string | undefined {
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const size = sequenceSize(bytes, i)
    if (size < 0) {
      if (fatal) return undefined
      text += '\ufffd'
      i -= size
      continue
    }
    const lead = bytes[i] as number
    if (size === 1) text += fromCharCode(lead)
    else {
      let code = lead & (size === 2 ? 0x1f : size === 3 ? 0x0f : 0x07)
      for (let k = 1; k < size; k++) code = (code << 6) | ((bytes[i + k] as number) & 0x3f)
      text += fromCodePoint(code)
    }
    i += size
  }
  return text
}

/** Length of the character at `i`; if malformed, minus the number of bytes that one U+FFFD replaces. */
function sequenceSize(bytes: Uint8Array, i: number): number {
  const lead = bytes[i] as number
  if (lead < 0x80) return 1
  if (lead < 0xc2 || lead > 0xf4) return -1
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  for (let k = 1; k < size; k++) {
    const byte = bytes[i + k]
    if (byte === undefined || !continues(lead, k, byte)) return -k
  }
  return size
}

/** Whether `byte` is allowed at position `k` after `lead`: no surrogates, nothing overlong, nothing above U+10FFFF. */
function continues(lead: number, k: number, byte: number): boolean {
  const low = k > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = k > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  return byte >= low && byte <= high
}

/** Number of bytes at the end that begin a character of the next chunk: 0 to 3. */
export function incompleteUtf8(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const lead = bytes[bytes.length - back] as number
    if (lead < 0x80) return 0
    if (lead < 0xc0) continue
    const size = lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const isPrefix = size > back && sequenceSize(bytes, bytes.length - back) === -back
    return isPrefix ? back : 0
  }
  return 0
}
