// crypto: strong random values, and access to crypto.subtle.
import { DOMException } from '../base/dom-exception.ts'
import { bytesSet, SafeUint8Array, typedArrayName } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineInterface, requireArguments } from '../base/webidl.ts'
import { type DigestStreamClass, digestStreamClass } from './digest-stream.ts'
import { createSubtle, type SubtleCrypto } from './subtle.ts'

/**
 * As in the standard.
 * @limit `crypto.getRandomValues()`: bytes of one call
 * @passed a `QuotaExceededError` is thrown
 */
const MAX_BYTES = 65_536
/** Small requests are served from a pool, to save host calls. */
const POOL = 2048
const SMALL = 256

const INTEGERS: ReadonlySet<string | undefined> = new Set([
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
])

const CREATE = Object.freeze({})

/**
 * `new crypto.DigestStream('SHA-256')` is a `WritableStream` for bytes and text, as Cloudflare has it: `digest` is a promise of the
 * ArrayBuffer, kept when the stream is closed; `bytesWritten` counts. Also with SHA-1, -384, -512 and MD5.
 */
export class Crypto {
  readonly #subtle: SubtleCrypto = createSubtle()

  constructor(token?: unknown) {
    if (token !== CREATE) throw new TypeError('Illegal constructor')
  }

  get subtle(): SubtleCrypto {
    return this.#subtle
  }

  get DigestStream(): DigestStreamClass {
    void this.#subtle
    return digestStreamClass()
  }

  getRandomValues<T>(array: T): T {
    void this.#subtle
    requireArguments(arguments.length, 1, 'crypto.getRandomValues()')
    if (!INTEGERS.has(typedArrayName(array))) {
      throw new DOMException('The argument is not an integer typed array', 'TypeMismatchError')
    }
    const { buffer, byteOffset, byteLength } = array as unknown as Uint8Array
    if (byteLength > MAX_BYTES) {
      throw new DOMException(`${byteLength} bytes are more than ${MAX_BYTES}`, 'QuotaExceededError')
    }
    bytesSet(new SafeUint8Array(buffer, byteOffset, byteLength), randomBytes(byteLength))
    return array
  }

  randomUUID(): string {
    void this.#subtle
    const bytes = randomBytes(16)
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
    let text = ''
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
      const byte = bytes[i] as number
      text += HEX[byte >> 4] as string
      text += HEX[byte & 15] as string
    }
    return text
  }
}
defineInterface(Crypto, 'Crypto')

const HEX = '0123456789abcdef'

export function createCrypto(): Crypto {
  return new Crypto(CREATE)
}

/** Bytes that are used only once. */
function randomBytes(length: number): Uint8Array {
  if (length > SMALL) return realm.host.randomBytes(length)
  if (realm.randomUsed + length > realm.randomPool.length) {
    realm.randomPool = realm.host.randomBytes(POOL)
    realm.randomUsed = 0
  }
  const bytes = new SafeUint8Array(length)
  for (let i = 0; i < length; i++) {
    bytes[i] = realm.randomPool[realm.randomUsed + i] as number
    realm.randomPool[realm.randomUsed + i] = 0 // Used bytes do not stay readable anywhere else
  }
  realm.randomUsed += length
  return bytes
}
