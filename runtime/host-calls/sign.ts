// The host call behind keys of crypto.subtle that are secrets: HMAC in the runtime, since a value never enters a sandbox.

import { PlugbayError } from '../errors.ts'
import type { Handlers } from './host-calls.ts'
import type { SigningHash } from './secrets.ts'

const HASHES: ReadonlyMap<unknown, SigningHash> = new Map([
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
])

export function signHandlers(): Pick<Handlers, 'secrets.sign'> {
  return {
    async 'secrets.sign'({ secrets }, [placeholder, hash], body) {
      const known = HASHES.get(hash)
      if (typeof placeholder !== 'string' || known === undefined)
        throw new PlugbayError('HOST_CALL_INVALID', 'A signature has a secret and a hash')
      return { head: null, body: secrets.sign(placeholder, known, body ?? new Uint8Array(0)) }
    },
  }
}
