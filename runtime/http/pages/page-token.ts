// Page tokens: they authenticate a plugin's page to the plugin's API, because a page of an opaque origin sends no cookies.
// A token is a sealed claim: the page that carries it learns nothing about its visitor from it.
// Invariant: a token is valid for one generation of a plugin and one user, for ten minutes and no longer than what the user rests on; a chain of
// renewals ends after twelve hours.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Principal } from '../../permissions/principal.ts'
import type { Revocations } from '../../permissions/revocations.ts'

const LIFETIME_MS = 600_000
const MAX_SESSION_MS = 12 * 3_600_000
/** It says nothing but that the runtime made the page, so it may outlast the sleep of a machine. */
const STRANGER_MS = 24 * 3_600_000

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

export interface PageTokenOptions {
  /** At least 32 random bytes, constant as long as tokens must stay valid. */
  readonly secret: Uint8Array | string
  /** Asked at every use: a token is worth nothing once its user has lost the credential that it was issued for. */
  readonly revocations: Pick<Revocations, 'isOver'>
  /** The generation of a plugin that serves: a page of another one proves nothing to it. */
  readonly generationOf?: (pluginId: string) => string | undefined
  readonly now?: () => number
}

export interface PageTokens {
  issue(claim: { readonly pluginId: string; readonly user: Principal | null }): string
  /** The user, null for a stranger; undefined unless the token is genuine, for this plugin, not expired, and its user has not ended. */
  verify(token: string, pluginId: string): Principal | null | undefined
  /** A new token for a valid one; undefined for an invalid one, or after the page has been open for twelve hours. */
  renew(token: string, pluginId: string): string | undefined
}

interface Claim {
  readonly pluginId: string
  /** null: a stranger on a page that is public. */
  readonly user: Principal | null
  /** Absent from a page that stood in for a plugin which did not serve. */
  readonly generation?: string | undefined
  /** When the first token of the chain was issued, ms. */
  readonly since: number
  readonly until: number
}

export function createPageTokens(options: PageTokenOptions): PageTokens {
  const { secret, revocations, generationOf = () => undefined, now = Date.now } = options
  const key = createHash('sha256').update(secret).digest()
  const write = (claim: Omit<Claim, 'until'>): string =>
    seal(key, JSON.stringify({ ...claim, until: now() + (claim.user === null ? STRANGER_MS : LIFETIME_MS) }))
  const read = (token: string, pluginId: string): Claim | undefined => {
    const text = open(key, token)
    if (text === undefined) return undefined
    // Only the runtime can have sealed it, so it has the shape that was written.
    const claim: Claim = JSON.parse(text)
    if (claim.pluginId !== pluginId || claim.until <= now()) return undefined
    const generation = generationOf(pluginId)
    if (generation !== undefined && claim.generation !== undefined && claim.generation !== generation)
      return undefined
    return claim.user !== null && revocations.isOver(claim.user) ? undefined : claim
  }
  return {
    issue: (claim) => write({ ...claim, generation: generationOf(claim.pluginId), since: now() }),
    verify: (token, pluginId) => read(token, pluginId)?.user,
    renew(token, pluginId) {
      const claim = read(token, pluginId)
      if (claim === undefined) return undefined
      const isOver = claim.user !== null && now() - claim.since > MAX_SESSION_MS
      return isOver ? undefined : write(claim)
    },
  }
}

function seal(key: Uint8Array, text: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv)
  const parts = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(parts).toString('base64url')
}

/** Undefined for anything that was not sealed with the key. */
function open(key: Uint8Array, token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.byteLength <= IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== token) return undefined
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8')
  try {
    return text + decipher.final('utf8')
  } catch {
    // The tag is not that of the content: forged, or sealed with another key.
    return undefined
  }
}
