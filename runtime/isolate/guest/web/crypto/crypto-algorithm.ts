// Parses the arguments of SubtleCrypto as Web IDL requires, and packs them for the child process.
// Invariant: everything that a plugin could change later (buffers, getters) is read once, here, before anything is sent.

import { DOMException } from '../base/dom-exception.ts'
import { bytesSet, ownKeys, SafeUint8Array, toUpperCase } from '../base/primordials.ts'
import { isBufferSource, isObject, toText, viewBytes } from '../base/webidl.ts'
import { handleOf, isCryptoKey, secretOf } from './crypto-key.ts'
import type { PackedValue } from './crypto-wire.ts'
import { refuseSecret } from './secret-keys.ts'

/**
 * All bytes of one operation together.
 * @limit `crypto.subtle`: input and output of one operation
 * @passed the promise is rejected with a `QuotaExceededError`
 */
const MAX_BYTES = 8 * 1024 * 1024
const MAX_TEXT = 64 * 1024

type FieldKind = 'bytes' | 'number' | 'text' | 'algorithm' | 'key'

const AES = { length: 'number' } as const
const RSA = { hash: 'algorithm', modulusLength: 'number', publicExponent: 'bytes' } as const
const CURVE = { namedCurve: 'text', public: 'key' } as const

/** Members of each algorithm's dictionaries, whatever the operation, in the order in which Web IDL reads them. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, FieldKind>>>> = Object.assign(
  Object.create(null),
  {
    'AES-CBC': { iv: 'bytes', ...AES },
    'AES-CTR': { counter: 'bytes', ...AES },
    'AES-GCM': { additionalData: 'bytes', iv: 'bytes', ...AES, tagLength: 'number' },
    'AES-KW': AES,
    'CHACHA20-POLY1305': { additionalData: 'bytes', iv: 'bytes', tagLength: 'number' },
    ECDH: CURVE,
    ECDSA: { hash: 'algorithm', namedCurve: 'text' },
    ED25519: {},
    HKDF: { hash: 'algorithm', info: 'bytes', salt: 'bytes' },
    HMAC: { hash: 'algorithm', ...AES },
    PBKDF2: { hash: 'algorithm', iterations: 'number', salt: 'bytes' },
    'RSA-OAEP': { ...RSA, label: 'bytes' },
    'RSA-PSS': { ...RSA, saltLength: 'number' },
    'RSASSA-PKCS1-V1_5': RSA,
    'SHA-1': {},
    'SHA-256': {},
    'SHA-384': {},
    'SHA-512': {},
    X25519: { public: 'key' },
  },
)

const JWK_TEXT = [
  'alg',
  'crv',
  'd',
  'dp',
  'dq',
  'e',
  'k',
  'kty',
  'n',
  'p',
  'q',
  'qi',
  'use',
  'x',
  'y',
] as const
const FORMATS: ReadonlySet<string> = new Set(['raw', 'raw-secret', 'pkcs8', 'spki', 'jwk'])
const USAGES: ReadonlySet<string> = new Set([
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'deriveKey',
  'deriveBits',
  'wrapKey',
  'unwrapKey',
])

/** Packs the arguments of one operation; `body` holds all their bytes. */
export class Packer {
  readonly #pieces: Uint8Array[] = []
  #length = 0

  /** A copy of the bytes of all arguments. */
  body(): Uint8Array | undefined {
    if (this.#length === 0) return undefined
    const body = new SafeUint8Array(this.#length)
    let at = 0
    for (let i = 0; i < this.#pieces.length; i++) {
      const piece = this.#pieces[i] as Uint8Array
      bytesSet(body, piece, at)
      at += piece.length
    }
    return body
  }

  bytes(value: unknown, what: string): PackedValue {
    if (!isBufferSource(value)) throw new TypeError(`${what} is not an ArrayBuffer or a view of one`)
    const bytes = viewBytes(value)
    if (this.#length + bytes.length > MAX_BYTES) {
      throw new DOMException(`An operation takes ${MAX_BYTES} bytes at most`, 'QuotaExceededError')
    }
    const packed = { t: 'bytes', at: this.#length, length: bytes.length } as const
    // Copied now: a getter of a later member may change it
    const copy = new SafeUint8Array(bytes.length)
    bytesSet(copy, bytes)
    refuseSecret(copy)
    this.#pieces[this.#pieces.length] = copy
    this.#length += bytes.length
    return packed
  }

  key(value: unknown, what: string): PackedValue {
    if (!isCryptoKey(value)) throw new TypeError(`${what} is not a CryptoKey`)
    if (secretOf(value) !== undefined) {
      throw new DOMException('A secret signs and verifies only', 'InvalidAccessError')
    }
    return { t: 'key', handle: handleOf(value) }
  }

  algorithm(value: unknown): PackedValue {
    if (!isObject(value)) return dictionary({ name: known(toText(value)) })
    const source = value as Readonly<Record<string, unknown>>
    if (source.name === undefined) throw new TypeError('The algorithm has no "name"')
    const name = known(toText(source.name))
    const fields: Record<string, PackedValue> = { __proto__: null, name } as never
    const kinds = FIELDS[toUpperCase(name.v)] as Readonly<Record<string, FieldKind>>
    const names = ownKeys(kinds) as string[]
    for (let i = 0; i < names.length; i++) {
      const field = names[i] as string
      const given = source[field]
      if (given !== undefined) fields[field] = this.#field(given, kinds[field] as FieldKind, field)
    }
    return { t: 'dictionary', fields }
  }

  #field(value: unknown, kind: FieldKind, name: string): PackedValue {
    switch (kind) {
      case 'bytes':
        return this.bytes(value, `"${name}"`)
      case 'key':
        return this.key(value, `"${name}"`)
      case 'algorithm':
        return this.algorithm(value)
      case 'text':
        return plain(cut(toText(value)))
      case 'number':
        return plain(toNumber(value, `"${name}"`))
    }
  }

  /** Bytes, or a JSON Web Key if the format says so. */
  keyData(format: string, value: unknown): PackedValue {
    if (format !== 'jwk') return this.bytes(value, 'The key data')
    if (!isObject(value) || isBufferSource(value)) throw new TypeError('The key data is not a JSON Web Key')
    return plain(readJwk(value as Readonly<Record<string, unknown>>))
  }
}

export function plain(v: unknown): PackedValue {
  return { t: 'plain', v }
}

export function toFormat(value: unknown): string {
  const format = toText(value)
  if (FORMATS.has(format)) return format
  throw new TypeError('The format is none of "raw", "raw-secret", "pkcs8", "spki", "jwk"')
}

export function toUsages(value: unknown): string[] {
  if (!isObject(value)) throw new TypeError('The key usages are not a sequence')
  const list: string[] = []
  for (const item of value as Iterable<unknown>) {
    const usage = toText(item)
    if (!USAGES.has(usage)) throw new TypeError('A key usage is not known')
    list[list.length] = usage
  }
  return list
}

/** As [EnforceRange] unsigned long. */
export function toNumber(value: unknown, what: string): number {
  const number = Math.trunc(Number(value))
  if (!(number >= 0 && number <= 0xffffffff)) throw new TypeError(`${what} is out of range`)
  return number
}

function known(name: string): { readonly t: 'plain'; readonly v: string } {
  if (name.length > 32 || FIELDS[toUpperCase(name)] === undefined) {
    throw new DOMException('The algorithm is not supported', 'NotSupportedError')
  }
  return { t: 'plain', v: name }
}

function dictionary(fields: Readonly<Record<string, PackedValue>>): PackedValue {
  return { t: 'dictionary', fields }
}

function readJwk(source: Readonly<Record<string, unknown>>): object {
  const jwk: Record<string, unknown> = {}
  for (let i = 0; i < JWK_TEXT.length; i++) {
    const field = JWK_TEXT[i] as string
    const value = source[field]
    if (value !== undefined) jwk[field] = cut(toText(value))
  }
  if (source.ext !== undefined) jwk.ext = Boolean(source.ext)
  if (source.key_ops !== undefined) {
    const operations: string[] = []
    for (const item of source.key_ops as Iterable<unknown>) operations[operations.length] = cut(toText(item))
    jwk.key_ops = operations
  }
  return jwk
}

function cut(text: string): string {
  if (text.length > MAX_TEXT) throw new DOMException('A part of the key is too long', 'DataError')
  return text
}
