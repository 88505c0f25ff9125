// What a browser keeps of a sign-in while its user is at the provider: sealed in a cookie, so that no visitor can fill the memory of
// the server with sign-ins that never end.
// Invariant: a sign-in ends in the browser that began it, within ten minutes; only this process can read or make the cookie.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { CookieConfig } from '../../identity/own-cookie.ts'
import { LIFETIME_MS, TRANSACTION_COOKIE } from './transaction-cookie.ts'

export interface Transaction {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** A path of ours. */
  readonly to: string
  /** Of an invitation; "" without one. */
  readonly code: string
}

const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

export class Transactions {
  readonly #key = randomBytes(32)
  readonly #config: CookieConfig
  readonly #now: () => number

  constructor(config: CookieConfig, now: () => number = Date.now) {
    this.#config = config
    this.#now = now
  }

  /** The value of a Set-Cookie header. Lax: the provider's redirect brings it back. */
  cookie(request: Request, transaction: Transaction): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(CIPHER, this.#key, iv)
    const text = JSON.stringify({ ...transaction, until: this.#now() + LIFETIME_MS })
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return TRANSACTION_COOKIE.write(request, this.#config, sealed.toString('base64url'))
  }

  /** Takes the cookie away. */
  over(request: Request): string {
    return TRANSACTION_COOKIE.write(request, this.#config, '')
  }

  /** Of the request that comes back; undefined without a right and recent cookie. */
  read(request: Request): Transaction | undefined {
    const value = TRANSACTION_COOKIE.read(request, this.#config)
    const text = value === undefined ? undefined : this.#open(Buffer.from(value, 'base64url'))
    if (text === undefined) return undefined
    const { until, ...transaction } = JSON.parse(text) as Transaction & { readonly until: number }
    return until > this.#now() ? transaction : undefined
  }

  #open(sealed: Buffer): string | undefined {
    if (sealed.length < IV_BYTES + TAG_BYTES) return undefined
    const decipher = createDecipheriv(CIPHER, this.#key, sealed.subarray(0, IV_BYTES))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    try {
      const text = decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES))
      return Buffer.concat([text, decipher.final()]).toString('utf8')
    } catch {
      // Forged, or made before the last start.
      return undefined
    }
  }
}
