// A key of a drive, locked with a passphrase: "key-….age" on the drive, which `age -d` opens, too.

import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { Bytes } from './parts.ts'
import { SealError } from './seal.ts'

export interface DriveKey {
  /** "age1…": encrypts, and opens nothing. */
  readonly recipient: string
  /** "AGE-SECRET-KEY-1…" */
  readonly identity: string
}

/** Logarithm of scrypt's cost. This takes 32 MB; a backend has 64 MB by default. */
const WORK_FACTOR = 15

export async function makeKey(): Promise<DriveKey> {
  return await keyOf(await generateX25519Identity())
}

/** @throws an Error for a text that is not an identity of age */
export async function keyOf(identity: string): Promise<DriveKey> {
  return { recipient: await identityToRecipient(identity), identity }
}

export async function lockKey({ identity, recipient }: DriveKey, passphrase: string): Promise<Bytes> {
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  encrypter.setScryptWorkFactor(WORK_FACTOR)
  // As age-keygen writes it, so that it is a file for `age -i`.
  const sealed = await encrypter.encrypt(`# public key: ${recipient}\n${identity}\n`)
  return new Uint8Array(sealed)
}

/** @throws a SealError for another passphrase */
export async function unlockKey(locked: Uint8Array, passphrase: string): Promise<DriveKey> {
  const [, factor = ''] =
    /^-> scrypt \S+ (\d+)$/m.exec(new TextDecoder('latin1').decode(locked.subarray(0, 512))) ?? []
  // The file comes from the drive: it may ask for any amount of memory.
  if (factor === '' || Number(factor) > WORK_FACTOR)
    throw new SealError('The key on this drive was not locked by this plugin: open it with the program age')
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase)
  let text: string
  try {
    text = await decrypter.decrypt(locked, 'text')
  } catch (cause) {
    throw new SealError('The passphrase is not the right one', { cause })
  }
  const identity = text.split('\n').find((line) => line.startsWith('AGE-SECRET-KEY-'))
  if (identity === undefined) throw new SealError('The key on this drive holds no key of age')
  return await keyOf(identity)
}
