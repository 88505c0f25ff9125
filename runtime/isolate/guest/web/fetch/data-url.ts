// The data: URL processor of the Fetch standard: the response of fetch() to such a URL, without leaving the isolate.

import {
  bytesSubarray,
  charCodeAt,
  exec,
  fromCharCode,
  indexOf,
  SafeUint8Array,
  slice,
} from '../base/primordials.ts'
import { decodeBase64 } from '../text/base64.ts'
import { type MimeType, parseMimeType, serializeMimeType } from './mime-type.ts'

export interface DataUrl {
  readonly type: string
  readonly body: Uint8Array<ArrayBuffer>
}

const BASE64 = /; *base64$/i
const FALLBACK: MimeType = { essence: 'text/plain', parameters: new Map([['charset', 'US-ASCII']]) }
const PERCENT = 0x25

/** `href` is serialised and begins with "data:". Undefined where the standard returns failure. */
export function readDataUrl(href: string): DataUrl | undefined {
  const hash = indexOf(href, '#')
  const comma = indexOf(href, ',')
  const end = hash < 0 ? href.length : hash
  if (comma < 0 || comma > end) return undefined
  // The URL parser has left no other white space in it.
  const mime = trimSpaces(slice(href, 'data:'.length, comma))
  const bytes = percentDecode(href, comma + 1, end)
  const marker = exec(BASE64, mime)
  if (marker === null) return { type: typeOf(mime), body: bytes }
  const body = decodeBase64(toLatin1(bytes))
  return body === undefined ? undefined : { type: typeOf(slice(mime, 0, marker.index)), body }
}

function typeOf(mime: string): string {
  return serializeMimeType(
    parseMimeType(charCodeAt(mime, 0) === 0x3b ? `text/plain${mime}` : mime) ?? FALLBACK,
  )
}

/** A serialised URL holds ASCII only. */
function percentDecode(text: string, start: number, end: number): Uint8Array<ArrayBuffer> {
  const bytes = new SafeUint8Array(end - start)
  let length = 0
  for (let at = start; at < end; at++) {
    const code = charCodeAt(text, at)
    const high = code === PERCENT && at + 2 < end ? hexDigit(charCodeAt(text, at + 1)) : -1
    const low = high < 0 ? -1 : hexDigit(charCodeAt(text, at + 2))
    if (low < 0) bytes[length++] = code
    else {
      bytes[length++] = high * 16 + low
      at += 2
    }
  }
  return bytesSubarray(bytes, 0, length) as Uint8Array<ArrayBuffer>
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function toLatin1(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at++) text += fromCharCode(bytes[at] as number)
  return text
}

function trimSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && charCodeAt(text, start) === 0x20) start++
  while (end > start && charCodeAt(text, end - 1) === 0x20) end--
  return slice(text, start, end)
}
