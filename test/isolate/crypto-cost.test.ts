import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkCost } from '../../runtime/isolate/host-functions/crypto-cost.ts'

const QUOTA = { name: 'QuotaExceededError' }
const TOO_LONG = { name: 'OperationError' }

function pbkdf2(iterations: number, hash: unknown = 'SHA-512') {
  return { name: 'PBKDF2', hash, iterations, salt: new Uint8Array(8) }
}

test('the iterations of PBKDF2 count once for every block that is derived', () => {
  checkCost('deriveBits', [pbkdf2(10_000_000), undefined, 512])
  assert.throws(() => checkCost('deriveBits', [pbkdf2(10_000_001), undefined, 8]), QUOTA)
  assert.throws(() => checkCost('deriveBits', [pbkdf2(10_000_000), undefined, 520]), QUOTA)
  assert.throws(() => checkCost('deriveBits', [pbkdf2(100_000), undefined, 1_000_000]), QUOTA)
  checkCost('deriveBits', [pbkdf2(5_000_000, { name: 'sha-256' }), undefined, 512])
  assert.throws(
    () => checkCost('deriveBits', [pbkdf2(5_000_001, { name: 'sha-256' }), undefined, 512]),
    QUOTA,
  )
})

test('the length of a derived key decides as that of derived bits does', () => {
  checkCost('deriveKey', [pbkdf2(10_000_000), undefined, { name: 'AES-GCM', length: 256 }])
  assert.throws(
    () => checkCost('deriveKey', [pbkdf2(10_000_000), undefined, { name: 'HMAC', length: 4096 }]),
    QUOTA,
  )
  assert.throws(
    () => checkCost('deriveKey', [pbkdf2(10_000_000), undefined, { name: 'HMAC', hash: 'SHA-512' }]),
    QUOTA,
  )
})

test('lengths that only cost memory, and long moduli, are refused; the length of bytes is none of these', () => {
  assert.throws(() => checkCost('deriveBits', [{ name: 'HKDF' }, undefined, 2 ** 32 - 1]), TOO_LONG)
  assert.throws(() => checkCost('generateKey', [{ name: 'HMAC', length: 2 ** 31 }]), TOO_LONG)
  assert.throws(() => checkCost('generateKey', [{ name: 'RSA-PSS', modulusLength: 4097 }]), TOO_LONG)
  checkCost('importKey', ['raw', { name: 'RSA-PSS', modulusLength: 8192 }])
  checkCost('digest', ['SHA-256', new Uint8Array(8 * 1024 * 1024 + 1)])
})
