// Hashes of passwords, by scrypt of Node in its pool of threads.
// Invariant: the parameters are kept with each hash; a check costs the same whether or not there is a hash to check against.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** What one of them costs: 128 · 2^logN · r bytes of memory, and p times the time. */
export interface ScryptCost {
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** As strong as OWASP's recommendation of 2^17, 8, 1 for a quarter of its memory: 32 MB, which small machines have. */
const COST: ScryptCost = { logN: 15, r: 8, p: 3 }

/** What hashes passwords at one cost. */
export interface Passwords {
  hash(password: string): Promise<string>
  /** Without a hash: false, after the same work. Rejects for a hash that was not made here. */
  verify(password: string, stored: string | null): Promise<boolean>
  isOutdated(stored: string): boolean
}

export function createPasswords(cost: ScryptCost = COST): Passwords {
  return {
    hash: (password) => hashPassword(password, cost),
    verify: (password, stored) => isPassword(password, stored, cost),
    isOutdated: (stored) => isOutdated(stored, cost),
  }
}

const SALT_BYTES = 16
const HASH_BYTES = 32
const STORED = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/

const derive = promisify<string, Uint8Array, number, ScryptOptions, Buffer>(scrypt)

/** "scrypt$15$8$3$<salt>$<hash>", in base64url. */
async function hashPassword(password: string, cost: ScryptCost): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derived(password, salt, cost)
  const { logN, r, p } = cost
  return `scrypt$${logN}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/**
 * Whether the password is the one of the hash. Without a hash it is not, after the same work.
 * @throws Error for a hash that this file has not made
 */
async function isPassword(password: string, stored: string | null, cost: ScryptCost): Promise<boolean> {
  const parts = stored === null ? undefined : parse(stored)
  const hash = await derived(password, parts?.salt ?? NO_SALT, parts?.cost ?? cost)
  return timingSafeEqual(hash, parts?.hash ?? NO_HASH) && parts !== undefined
}

/** Whether it was made with other parameters than those of now. */
function isOutdated(stored: string, cost: ScryptCost): boolean {
  const { logN, r, p } = parse(stored).cost
  return logN !== cost.logN || r !== cost.r || p !== cost.p
}

const NO_SALT = Buffer.alloc(SALT_BYTES)
const NO_HASH = Buffer.alloc(HASH_BYTES)

function parse(stored: string) {
  const [, logN, r, p, salt = '', hash = ''] = STORED.exec(stored) ?? []
  if (logN === undefined) throw new Error('The store holds a password in an unknown form')
  return {
    cost: { logN: Number(logN), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  }
}

/** NFKC, so that a password is the same from every keyboard (NIST SP 800-63B). */
function derived(password: string, salt: Uint8Array, { logN, r, p }: ScryptCost): Promise<Buffer> {
  const N = 2 ** logN
  return derive(password.normalize('NFKC'), salt, HASH_BYTES, { N, r, p, maxmem: 2 * 128 * N * r })
}
