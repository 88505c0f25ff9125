// Keys of crypto.subtle whose bytes are a secret of the plugin: `importKey('raw', env.secrets.hook, …)`, or the bytes of its text.
// Invariant: such a key signs and verifies only, and what it signs is computed by the runtime.

import { DOMException } from '../base/dom-exception.ts'
import { SafeUint8Array } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { isBufferSource, isObject, toText, viewBytes } from '../base/webidl.ts'
import { type CryptoKey, isCryptoKey, makeSecretKey, secretOf } from './crypto-key.ts'

/** What the guest knows of its secrets; present where it has one. */
export interface SecretKeys {
  /** The placeholder that the value stands for as a whole: a handle, a text, bytes or the "k" of a JSON Web Key. */
  whole(value: unknown): string | undefined
  /** The name of a secret whose placeholder is within the bytes. */
  within(bytes: Uint8Array): string | undefined
  sign(placeholder: string, hash: string, data: Uint8Array): Promise<Uint8Array>
}

const HASHES: readonly string[] = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']

/** The key, if the data is a secret; undefined for any other data. */
export function importSecret(
  data: unknown,
  algorithm: unknown,
  {
    extractable,
    readUsages,
  }: { readonly extractable: boolean; readonly readUsages: () => readonly string[] },
): CryptoKey | undefined {
  const placeholder = realm.secretKeys?.whole(data)
  if (placeholder === undefined) return undefined
  if (nameOf(algorithm) !== 'HMAC' || !isObject(algorithm)) throw unusable('A secret is a key for HMAC only')
  const { hash, length } = algorithm as { readonly hash?: unknown; readonly length?: unknown }
  const wanted = nameOf(hash)
  if (!HASHES.includes(wanted)) throw new DOMException('The hash is not supported', 'NotSupportedError')
  if (length !== undefined) throw unusable('A secret is used as a whole: leave "length" out')
  if (extractable) throw unusable('A secret cannot be extracted: pass false')
  const usages = readUsages()
  if (usages.length === 0) throw new DOMException('A key needs a usage', 'SyntaxError')
  for (let i = 0; i < usages.length; i++)
    if (usages[i] !== 'sign' && usages[i] !== 'verify') throw unusable('A secret signs and verifies only')
  return makeSecretKey(placeholder, {
    handle: 0,
    type: 'secret',
    extractable: false,
    usages,
    algorithm: { name: 'HMAC', hash: { name: wanted } },
  })
}

/** The signature; undefined for an ordinary key. */
export async function signWithSecret(
  algorithm: unknown,
  key: unknown,
  { usage, data }: { readonly usage: 'sign' | 'verify'; readonly data: unknown },
): Promise<Uint8Array | undefined> {
  if (!isCryptoKey(key)) return undefined
  const placeholder = secretOf(key)
  if (placeholder === undefined || realm.secretKeys === undefined) return undefined
  if (nameOf(algorithm) !== 'HMAC' || !key.usages.includes(usage))
    throw new DOMException('The key is not for this operation', 'InvalidAccessError')
  const { hash } = key.algorithm as { readonly hash: { readonly name: string } }
  return await realm.secretKeys.sign(placeholder, hash.name, bytesOf(data))
}

/** In a time that does not depend on where they differ. */
export function isSame(one: Uint8Array, other: unknown): boolean {
  const bytes = bytesOf(other)
  let difference = one.length ^ bytes.length
  for (let i = 0; i < one.length; i++) difference |= (one[i] as number) ^ (bytes[i] ?? 0)
  return difference === 0
}

/** For bytes that an operation takes: what stands for a secret would be taken for its value. */
export function refuseSecret(bytes: Uint8Array): void {
  const name = realm.secretKeys?.within(bytes)
  if (name !== undefined)
    throw unusable(
      `The secret "${name}" cannot be part of what is encrypted, hashed or derived: only importKey('raw', env.secrets.${name}, { name: 'HMAC', hash }, false, ['sign', 'verify']) uses its value`,
    )
}

function bytesOf(value: unknown): Uint8Array {
  if (!isBufferSource(value)) throw new TypeError('The data is not an ArrayBuffer or a view of one')
  const bytes = new SafeUint8Array(viewBytes(value))
  refuseSecret(bytes)
  return bytes
}

function nameOf(algorithm: unknown): string {
  const name = isObject(algorithm) ? (algorithm as { readonly name?: unknown }).name : algorithm
  return toText(name).toUpperCase()
}

function unusable(message: string): DOMException {
  return new DOMException(message, 'InvalidAccessError')
}
