// The child-process half of crypto.DigestStream: hashes that take one piece after the other, for the streams of one isolate.
// They are made within the guest's call, so that the time is the guest's, and no result has to be waited for.
// Invariant: nothing here throws; a plugin has at most MAX_DIGESTS, of some hundred bytes each.

import { createHash, type Hash } from 'node:crypto'

export interface DigestHost {
  /** Adds a piece to a digest, which the first piece opens. Returns what is wrong, or undefined. */
  update(handle: number, algorithm: string, bytes: Uint8Array): string | undefined
  /** Ends a digest. Undefined when it cannot be made. */
  finish(handle: number, algorithm: string): Uint8Array | undefined
  /** Drops digests that are not needed any more: their numbers, separated by commas. */
  drop(handles: string): void
}

const MAX_DIGESTS = 1024
const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}

export function createDigestHost(): DigestHost {
  const digests = new Map<number, Hash>()

  function open(handle: number, algorithm: string): Hash {
    const known = digests.get(handle)
    if (known !== undefined) return known
    const name = HASHES[algorithm]
    if (name === undefined) throw new Error('The algorithm is not supported')
    if (digests.size >= MAX_DIGESTS) throw new Error(`A plugin may have ${MAX_DIGESTS} digests at once`)
    const hash = createHash(name)
    digests.set(handle, hash)
    return hash
  }

  return {
    update(handle, algorithm, bytes) {
      try {
        open(handle, algorithm).update(bytes)
        return undefined
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    },
    finish(handle, algorithm) {
      try {
        return new Uint8Array(open(handle, algorithm).digest())
      } catch {
        return undefined // Not known to this build of OpenSSL, or too many: the guest throws its own error
      } finally {
        digests.delete(handle)
      }
    },
    drop(handles) {
      for (const handle of handles.split(',')) digests.delete(Number(handle))
    },
  }
}
