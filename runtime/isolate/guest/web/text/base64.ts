// atob() and btoa(): base64 of strings whose characters are bytes.
import { DOMException } from '../base/dom-exception.ts'
import { apply, charCodeAt, exec, fromCharCode, min, SafeUint8Array, uncurry } from '../base/primordials.ts'
import { requireArguments, toText } from '../base/webidl.ts'

// In ECMAScript 2026; the type checker's library may not know them yet.
const { fromBase64 } = Uint8Array as unknown as { fromBase64(text: string): Uint8Array<ArrayBuffer> }
const toBase64 = uncurry((Uint8Array.prototype as unknown as { toBase64(this: Uint8Array): string }).toBase64)
const decode = fromBase64.bind(Uint8Array)

/** Arguments of one call of fromCharCode(): few enough for any stack. */
const CHUNK = 4096

const ASCII = /[^\0-\x7f]/

/** "Forgiving-base64 decode" of the Infra standard; undefined for failure. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return exec(ASCII, text) === null ? decode(text) : undefined
  } catch {
    return undefined // Not base64: the only reason for decode() to throw
  }
}

export function atob(data: unknown): string {
  requireArguments(arguments.length, 1, 'atob()')
  const bytes = decodeBase64(toText(data))
  if (bytes === undefined)
    throw new DOMException('The string is not correctly encoded base64', 'InvalidCharacterError')
  let out = ''
  for (let i = 0; i < bytes.length; i += CHUNK) {
    const part = new SafeUint8Array(bytes.buffer, bytes.byteOffset + i, min(CHUNK, bytes.length - i))
    out += apply(fromCharCode, undefined, part)
  }
  return out
}

export function btoa(data: unknown): string {
  requireArguments(arguments.length, 1, 'btoa()')
  const text = toText(data)
  const bytes = new SafeUint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i)
    if (code > 0xff) {
      throw new DOMException('The string holds characters above U+00FF', 'InvalidCharacterError')
    }
    bytes[i] = code
  }
  return toBase64(bytes)
}
