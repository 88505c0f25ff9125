// crypto.subtle: arguments are parsed here; the child process does the work and holds the keys.

import { DOMException } from '../base/dom-exception.ts'
import { askHost } from '../base/host-results.ts'
import { jsonParse, jsonStringify } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineInterface, requireArguments } from '../base/webidl.ts'
import { Packer, plain, toFormat, toNumber, toUsages } from './crypto-algorithm.ts'
import { type CryptoKey, makeKey } from './crypto-key.ts'
import type { CryptoResult, PackedValue } from './crypto-wire.ts'
import { importSecret, isSame, signWithSecret } from './secret-keys.ts'

const CREATE = Object.freeze({})

/**
 * AES-GCM, AES-CBC, AES-CTR, AES-KW, ChaCha20-Poly1305, HMAC, HKDF, PBKDF2, ECDSA, ECDH, Ed25519, X25519, RSA-OAEP, RSA-PSS,
 * RSASSA-PKCS1-v1_5 and SHA-1, -256, -384, -512; anything else is a `NotSupportedError`. The work is done by the host.
 * A secret of the plugin is a key for HMAC: `importKey('raw', env.secrets.hook, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign',
 * 'verify'])`, also as the bytes of its text, so that libraries for webhooks and JSON Web Tokens get one unchanged.
 * @deviation The format `raw` of a key for ChaCha20-Poly1305 is what the draft calls `raw-secret`; both are taken.
 */
export class SubtleCrypto {
  readonly #brand = undefined

  constructor(token?: unknown) {
    if (token !== CREATE) throw new TypeError('Illegal constructor')
  }

  async encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 3, 'encrypt()')
    return await withKey('encrypt', algorithm, key, data)
  }
  async decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 3, 'decrypt()')
    return await withKey('decrypt', algorithm, key, data)
  }
  async sign(algorithm: unknown, key: unknown, data: unknown): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 3, 'sign()')
    const signature = await signWithSecret(algorithm, key, { usage: 'sign', data })
    if (signature !== undefined) return signature.buffer
    return await withKey('sign', algorithm, key, data)
  }
  async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 4, 'verify()')
    const expected = await signWithSecret(algorithm, key, { usage: 'verify', data })
    if (expected !== undefined) return isSame(expected, signature)
    const packer = new Packer()
    return await ask('verify', packer, [
      packer.algorithm(algorithm),
      packer.key(key, 'The key'),
      packer.bytes(signature, 'The signature'),
      packer.bytes(data, 'The data'),
    ])
  }
  async digest(algorithm: unknown, data: unknown): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 2, 'digest()')
    const packer = new Packer()
    return await ask('digest', packer, [packer.algorithm(algorithm), packer.bytes(data, 'The data')])
  }
  async generateKey(algorithm: unknown, extractable: unknown, usages: unknown): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 3, 'generateKey()')
    const packer = new Packer()
    return await ask('generateKey', packer, [
      packer.algorithm(algorithm),
      plain(Boolean(extractable)),
      plain(toUsages(usages)),
    ])
  }
  async deriveKey(
    algorithm: unknown,
    baseKey: unknown,
    derivedAlgorithm: unknown,
    extractable: unknown,
    usages: unknown,
  ): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 5, 'deriveKey()')
    const packer = new Packer()
    return await ask('deriveKey', packer, [
      packer.algorithm(algorithm),
      packer.key(baseKey, 'The base key'),
      packer.algorithm(derivedAlgorithm),
      plain(Boolean(extractable)),
      plain(toUsages(usages)),
    ])
  }
  async deriveBits(algorithm: unknown, baseKey: unknown, length: unknown = null): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 2, 'deriveBits()')
    const packer = new Packer()
    return await ask('deriveBits', packer, [
      packer.algorithm(algorithm),
      packer.key(baseKey, 'The base key'),
      plain(length === null ? null : toNumber(length, 'The length')),
    ])
  }
  async importKey(
    formatValue: unknown,
    keyData: unknown,
    algorithm: unknown,
    extractable: unknown,
    usages: unknown,
  ): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 5, 'importKey()')
    const format = toFormat(formatValue)
    const secret = importSecret(keyData, algorithm, {
      extractable: Boolean(extractable),
      readUsages: () => toUsages(usages),
    })
    if (secret !== undefined) return secret
    const packer = new Packer()
    return await ask('importKey', packer, [
      plain(format),
      packer.keyData(format, keyData),
      packer.algorithm(algorithm),
      plain(Boolean(extractable)),
      plain(toUsages(usages)),
    ])
  }
  async exportKey(format: unknown, key: unknown): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 2, 'exportKey()')
    const packer = new Packer()
    return await ask('exportKey', packer, [plain(toFormat(format)), packer.key(key, 'The key')])
  }
  async wrapKey(format: unknown, key: unknown, wrappingKey: unknown, algorithm: unknown): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 4, 'wrapKey()')
    const packer = new Packer()
    return await ask('wrapKey', packer, [
      plain(toFormat(format)),
      packer.key(key, 'The key'),
      packer.key(wrappingKey, 'The wrapping key'),
      packer.algorithm(algorithm),
    ])
  }
  async unwrapKey(
    format: unknown,
    wrappedKey: unknown,
    unwrappingKey: unknown,
    unwrapAlgorithm: unknown,
    unwrappedAlgorithm: unknown,
    extractable: unknown,
    usages: unknown,
  ): Promise<unknown> {
    void this.#brand
    requireArguments(arguments.length, 7, 'unwrapKey()')
    const packer = new Packer()
    return await ask('unwrapKey', packer, [
      plain(toFormat(format)),
      packer.bytes(wrappedKey, 'The wrapped key'),
      packer.key(unwrappingKey, 'The unwrapping key'),
      packer.algorithm(unwrapAlgorithm),
      packer.algorithm(unwrappedAlgorithm),
      plain(Boolean(extractable)),
      plain(toUsages(usages)),
    ])
  }
}
defineInterface(SubtleCrypto, 'SubtleCrypto', 0)

export function createSubtle(): SubtleCrypto {
  return new SubtleCrypto(CREATE)
}

async function withKey(op: string, algorithm: unknown, key: unknown, data: unknown): Promise<unknown> {
  const packer = new Packer()
  return await ask(op, packer, [
    packer.algorithm(algorithm),
    packer.key(key, 'The key'),
    packer.bytes(data, 'The data'),
  ])
}

async function ask(op: string, packer: Packer, args: readonly PackedValue[]): Promise<unknown> {
  const request = jsonStringify({ op, args })
  const body = packer.body()
  const answer = await askHost((id) => realm.host.startCrypto(id, request, body))
  const result = jsonParse(answer.head) as CryptoResult
  switch (result.t) {
    case 'bytes':
      return answer.body
    case 'boolean':
      return result.value
    case 'jwk':
      return result.jwk
    case 'key':
      return makeKey(result.key)
    case 'pair':
      return pairOf(makeKey(result.publicKey), makeKey(result.privateKey))
    case 'error':
      throw result.name === 'TypeError'
        ? new TypeError(result.message)
        : new DOMException(result.message, result.name)
  }
}

function pairOf(publicKey: CryptoKey, privateKey: CryptoKey): object {
  return { publicKey, privateKey }
}
