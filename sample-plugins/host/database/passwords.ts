// Passwords of members: salted and hashed, compared in constant time.

import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'

const KEY_BYTES = 32

export function hashPassword(password: string): string {
  const salt = randomBytes(16)
  return `${salt.toString('base64url')}.${scryptSync(password, salt, KEY_BYTES).toString('base64url')}`
}

export function isPassword(password: string, hashed: string): boolean {
  const [salt = '', key = ''] = hashed.split('.')
  const given = scryptSync(password, Buffer.from(salt, 'base64url'), KEY_BYTES)
  const kept = Buffer.from(key, 'base64url')
  return kept.length === given.length && timingSafeEqual(kept, given)
}
