// Secrets of tokens and sessions: 256 random bits, of which only the SHA-256 is stored.
// A plain hash is enough, since a secret of this length cannot be guessed; a lookup by hash leaks nothing by its timing.

import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits in base64url, after `prefix`. */
export function newSecret(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`
}

/** Hex. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
