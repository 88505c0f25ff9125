// application/x-www-form-urlencoded, both ways.
import { charCodeAt, exec, indexOf, SafeUint8Array, slice } from '../base/primordials.ts'
import { decodeUtf8, encodeUtf8 } from '../text/utf8.ts'

/** Names and values alternate. */
export function parseForm(text: string): string[] {
  const list: string[] = []
  let start = 0
  while (start < text.length) {
    const found = indexOf(text, '&', start)
    const end = found < 0 ? text.length : found
    if (end > start) {
      const equals = indexOf(text, '=', start)
      const middle = equals < 0 || equals > end ? end : equals
      list.push(
        decode(slice(text, start, middle)),
        middle === end ? '' : decode(slice(text, middle + 1, end)),
      )
    }
    start = end + 1
  }
  return list
}

export function serializeForm(list: readonly string[]): string {
  let text = ''
  for (let i = 0; i < list.length; i += 2) {
    text += `${i === 0 ? '' : '&'}${encode(list[i] as string)}=${encode(list[i + 1] as string)}`
  }
  return text
}

const ESCAPED = /[%+]/

function decode(text: string): string {
  if (exec(ESCAPED, text) === null) return text
  const bytes = encodeUtf8(text)
  const out = new SafeUint8Array(bytes.length)
  let length = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte === 0x2b) out[length++] = 0x20
    else if (byte === 0x25 && i + 2 < bytes.length) {
      const high = hexValue(bytes[i + 1] as number)
      const low = hexValue(bytes[i + 2] as number)
      if (high < 0 || low < 0) out[length++] = byte
      else {
        out[length++] = high * 16 + low
        i += 2
      }
    } else out[length++] = byte
  }
  return decodeUtf8(new SafeUint8Array(out.buffer, 0, length), false) as string
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

const PLAIN = /^[\w\-.*]*$/
const HEX = '0123456789ABCDEF'

function encode(text: string): string {
  if (exec(PLAIN, text) !== null) return text
  const bytes = encodeUtf8(text)
  const out = new SafeUint8Array(bytes.length * 3)
  let length = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte === 0x20) out[length++] = 0x2b
    else if (isPlain(byte)) out[length++] = byte
    else {
      out[length++] = 0x25
      out[length++] = charCodeAt(HEX, byte >> 4)
      out[length++] = charCodeAt(HEX, byte & 15)
    }
  }
  return decodeUtf8(new SafeUint8Array(out.buffer, 0, length), false) as string
}

function isPlain(byte: number): boolean {
  const letter = byte | 0x20
  if ((letter >= 0x61 && letter <= 0x7a && byte >= 0x41) || (byte >= 0x30 && byte <= 0x39)) return true
  return byte === 0x2a || byte === 0x2d || byte === 0x2e || byte === 0x5f
}
