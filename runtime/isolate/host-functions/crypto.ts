// The child-process half of crypto.subtle: Node's Web Crypto does the work, and the keys of one isolate stay in a table here.
// Invariant: the guest knows only numbers of its own keys; the key here decides what it may be used for, never the guest.
// Nothing here throws: every request gets one result.

import type { CryptoRequest, CryptoResult, PackedKey, PackedValue } from '../guest/web/crypto/crypto-wire.ts'
import type { PoolSeat } from '../pool-turns.ts'
import { checkCost } from './crypto-cost.ts'

export interface CryptoHost {
  /** Starts one operation, now or in its turn; `answer` is called once, later. */
  start(id: number, head: string, body: Uint8Array | undefined): void
  /** Drops keys that the guest cannot reach any more: their numbers, separated by commas. */
  dropKeys(handles: string): void
}

type Answer = (id: number, head: string, body: Uint8Array | undefined) => void

const OPERATIONS: ReadonlySet<string> = new Set([
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
])
const ALGORITHMS: ReadonlySet<string> = new Set([
  'AES-CBC',
  'AES-CTR',
  'AES-GCM',
  'AES-KW',
  'CHACHA20-POLY1305',
  'ECDH',
  'ECDSA',
  'ED25519',
  'HKDF',
  'HMAC',
  'PBKDF2',
  'RSA-OAEP',
  'RSA-PSS',
  'RSASSA-PKCS1-V1_5',
  'SHA-1',
  'SHA-256',
  'SHA-384',
  'SHA-512',
  'X25519',
])
/** Operations that wait for their turn. The guest keeps fewer in progress; see MAX_RUNNING of guest/web/base/host-results.ts. */
const MAX_WAITING = 16
/**
 * Per plugin.
 * @limit `crypto.subtle`: keys that the plugin holds
 * @passed the promise is rejected with a `QuotaExceededError`
 */
const MAX_KEYS = 10_000
/**
 * Applies to imported keys.
 * @limit `crypto.subtle`: bits of an RSA key that is imported
 * @passed the promise is rejected
 */
const MAX_MODULUS = 8192

type Subtle = Record<string, (...args: unknown[]) => Promise<unknown>>

export function createCryptoHost(answer: Answer, seat: PoolSeat): CryptoHost {
  const keys = new Map<number, CryptoKey>()
  const subtle = crypto.subtle as unknown as Subtle
  let lastHandle = 0

  async function run(head: string, body: Uint8Array): Promise<[CryptoResult, Uint8Array | undefined]> {
    const { op, args } = JSON.parse(head) as CryptoRequest
    const method = OPERATIONS.has(op) ? subtle[op] : undefined
    if (method === undefined) throw new DOMException(`There is no operation "${op}"`, 'NotSupportedError')
    const values = args.map((arg) => unpack(arg, body, keys))
    for (const value of values) checkAlgorithm(value)
    checkCost(op, values)
    nameRawSecret(op, values)
    const result = await Reflect.apply(method, subtle, values)
    if (result instanceof ArrayBuffer) return [{ t: 'bytes' }, new Uint8Array(result)]
    if (ArrayBuffer.isView(result)) {
      return [{ t: 'bytes' }, new Uint8Array(result.buffer, result.byteOffset, result.byteLength)]
    }
    if (typeof result === 'boolean') return [{ t: 'boolean', value: result }, undefined]
    if (isKey(result)) return [{ t: 'key', key: keep(result) }, undefined]
    if (isPair(result)) {
      const pair = { publicKey: keep(result.publicKey), privateKey: keep(result.privateKey) }
      return [{ t: 'pair', ...pair }, undefined]
    }
    return [{ t: 'jwk', jwk: result as Record<string, unknown> }, undefined]
  }

  function keep(key: CryptoKey): PackedKey {
    const algorithm = key.algorithm as unknown as Record<string, unknown>
    const { modulusLength } = algorithm
    if (typeof modulusLength === 'number' && modulusLength > MAX_MODULUS) {
      throw new DOMException(`The modulus is longer than ${MAX_MODULUS} bits`, 'NotSupportedError')
    }
    if (keys.size >= MAX_KEYS) {
      throw new DOMException(`A plugin may hold ${MAX_KEYS} keys at once`, 'QuotaExceededError')
    }
    const handle = ++lastHandle
    keys.set(handle, key)
    const { publicExponent } = algorithm
    return {
      handle,
      type: key.type,
      extractable: key.extractable,
      usages: [...key.usages],
      algorithm:
        publicExponent instanceof Uint8Array
          ? { ...algorithm, publicExponent: [...publicExponent] }
          : algorithm,
    }
  }

  /**
   * In a turn of its own: microtasks of this process run inside a call of the guest too, and a result from there would let the
   * guest continue for ever without a delivery ever ending.
   */
  function later(id: number, result: CryptoResult, bytes?: Uint8Array): void {
    setImmediate(answer, id, JSON.stringify(result), bytes)
  }

  return {
    start(id, head, body) {
      if (seat.queued >= MAX_WAITING) {
        const busy = new DOMException('Too many operations are under way', 'QuotaExceededError')
        later(id, failure(busy))
        return
      }
      seat.take((done) => {
        const outcome = run(head, body ?? new Uint8Array(0))
        outcome.then(done, done)
        outcome.then(
          ([result, bytes]) => later(id, result, bytes),
          (error: unknown) => later(id, failure(error)),
        )
      })
    },
    dropKeys(handles) {
      for (const handle of handles.split(',')) keys.delete(Number(handle))
    },
  }
}

/** Throws for unsupported algorithms. */
function checkAlgorithm(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('name' in value) || isKey(value)) return
  const algorithm = value as Record<string, unknown>
  if (!ALGORITHMS.has(String(algorithm.name).toUpperCase())) {
    throw new DOMException('Unrecognized algorithm name', 'NotSupportedError')
  }
  checkAlgorithm(algorithm.hash)
}

/** Where a key, or its algorithm, is among the arguments of the operations with a format. */
const KEY_PLACES: Readonly<Record<string, number>> = { importKey: 2, exportKey: 1, wrapKey: 1, unwrapKey: 4 }

/** Node knows the bytes of a key for ChaCha20-Poly1305 by the newer name of the format only. */
function nameRawSecret(op: string, values: unknown[]): void {
  const place = KEY_PLACES[op]
  if (place === undefined || values[0] !== 'raw') return
  const value = values[place]
  const algorithm = isKey(value) ? value.algorithm : value
  const name =
    typeof algorithm === 'object' && algorithm !== null && 'name' in algorithm ? algorithm.name : algorithm
  if (String(name).toUpperCase() === 'CHACHA20-POLY1305') values[0] = 'raw-secret'
}

function unpack(value: PackedValue, body: Uint8Array, keys: ReadonlyMap<number, CryptoKey>): unknown {
  switch (value.t) {
    case 'plain':
      return value.v
    case 'none':
      return undefined
    case 'bytes':
      return body.subarray(value.at, value.at + value.length)
    case 'key': {
      const key = keys.get(value.handle)
      if (key === undefined) throw new DOMException('The key is not known', 'InvalidAccessError')
      return key
    }
    case 'dictionary': {
      const fields: Record<string, unknown> = {}
      for (const [name, field] of Object.entries(value.fields)) fields[name] = unpack(field, body, keys)
      return fields
    }
  }
}

function isKey(value: unknown): value is CryptoKey {
  return value instanceof CryptoKey
}

function isPair(value: unknown): value is CryptoKeyPair {
  return typeof value === 'object' && value !== null && 'privateKey' in value && isKey(value.privateKey)
}

function failure(error: unknown): CryptoResult {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return { t: 'error', name: name === 'Error' ? 'OperationError' : name, message }
}
