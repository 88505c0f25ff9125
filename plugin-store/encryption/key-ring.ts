// Seals values of settings with AES-256-GCM.
// Invariant: a sealed value opens only for the plugin and the setting that it was sealed for: a row copied to another does not.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Key } from './key-file.ts'

/** What a value belongs to. */
export interface Owner {
  readonly pluginId: string
  readonly key: string
}

export interface Sealed {
  /** Id of the key. */
  readonly by: string
  /** Base64 of nonce, tag and ciphertext. */
  readonly text: string
}

export interface KeyRing {
  /** The current one first. */
  readonly keys: readonly Key[]
  /** Undefined while there is no usable key. */
  readonly current: Key | undefined
  /** Why there is none. */
  readonly problem: string | undefined
  /** Throws without a current key. */
  seal(owner: Owner, text: string): Sealed
  /** The text, or why it cannot be opened. */
  open(owner: Owner, sealed: Sealed): Opened
}

export type Opened =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string }

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** @param keys the current one first */
export function createKeyRing(keys: readonly Key[], problem?: string): KeyRing {
  const byId = new Map(keys.map((key) => [key.id, key]))
  const [current] = keys
  return {
    keys,
    current,
    problem,
    seal(owner, text) {
      if (current === undefined) throw new Error('There is no key to seal with')
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, current.bytes, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(boundTo(owner))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return {
        by: current.id,
        text: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64'),
      }
    },
    open(owner, { by, text }) {
      const key = byId.get(by)
      if (key === undefined)
        return {
          ok: false,
          reason: problem ?? `it was sealed with the key "${by}", which the key file does not hold`,
        }
      const bytes = Buffer.from(text, 'base64')
      try {
        const decipher = createDecipheriv(CIPHER, key.bytes, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
        decipher.setAAD(boundTo(owner))
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
        const opened = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8')
        return { ok: true, text: opened + decipher.final('utf8') }
      } catch {
        // OpenSSL does not say what differs: the bytes, the plugin or the setting.
        return { ok: false, reason: 'it was changed, or belongs to another plugin or setting' }
      }
    },
  }
}

function boundTo({ pluginId, key }: Owner): Buffer {
  return Buffer.from(JSON.stringify(['plugbay setting', pluginId, key]))
}
