// RSA keys for templates: new ones, and the numbers of a key as Tutor's templates name them.
// Invariant: numbers are decimal texts, since the engine has no integers of their size.

import { createPrivateKey, generateKeyPairSync, type webcrypto } from 'node:crypto'

/** In PEM (PKCS #1), without a newline at the end. */
export function newRsaKey(bits: number): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  return privateKey.trimEnd()
}

/** Names of the numbers, and their members of a JSON web key. */
const NUMBERS = { n: 'n', e: 'e', d: 'd', p: 'p', q: 'q', dp: 'dp', dq: 'dq', invq: 'qi' } as const

export function numbersOfRsaKey(pem: string): Readonly<Record<string, string>> {
  const key = jsonWebKeyOf(pem)
  return Object.fromEntries(
    Object.entries(NUMBERS).map(([name, member]) => [name, fromBase64Url(String(key[member]))]),
  )
}

function jsonWebKeyOf(pem: string): webcrypto.JsonWebKey {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'rsa') return key.export({ format: 'jwk' })
  } catch {
    // Reported below: the error of the library may quote the key.
  }
  throw new Error('rsa_import_key: not a private RSA key in PEM')
}

/** The bytes of a number that is not negative, as base64url without padding. */
export function toBase64Url(number: unknown): string {
  const text = typeof number === 'number' || typeof number === 'bigint' ? String(number) : number
  if (typeof text !== 'string' || !/^\d{1,5000}$/.test(text))
    throw new Error('long_to_base64: not a whole number that is not negative')
  const digits = BigInt(text).toString(16)
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url')
}

function fromBase64Url(text: string): string {
  return BigInt(`0x${Buffer.from(text, 'base64url').toString('hex') || '0'}`).toString()
}
