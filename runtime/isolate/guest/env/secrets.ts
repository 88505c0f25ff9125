// env.secrets: handles whose text is a placeholder. The values never enter the isolate.

import type { Secret, Secrets } from '../../../../sdk/plugin-api/secrets.ts'
import { isBufferSource, viewBytes } from '../web/base/webidl.ts'
import type { SecretKeys } from '../web/crypto/secret-keys.ts'
import { encodeUtf8 } from '../web/text/utf8.ts'
import type { HostCall } from './host-calls.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export function createSecrets(placeholders: Readonly<Record<string, string>>): Secrets {
  const secrets: Record<string, Secret> = Object.create(null)
  for (const name of Object.keys(placeholders)) {
    secrets[name] = createSecret(name, placeholders[name] ?? '')
  }
  return Object.freeze(secrets)
}

/** The secrets as keys of crypto.subtle; undefined without one. */
export function createSecretKeys(
  placeholders: Readonly<Record<string, string>>,
  secrets: Secrets,
  call: HostCall,
): SecretKeys | undefined {
  const known = Object.entries(placeholders).map(([name, placeholder]) => {
    const bytes = encodeUtf8(placeholder)
    return { name, placeholder, handle: secrets[name], bytes, k: base64url(bytes) }
  })
  if (known.length === 0) return undefined
  return {
    whole(value) {
      const bytes = isBufferSource(value) ? viewBytes(value) : undefined
      for (const { placeholder, handle, bytes: text, k } of known) {
        if (value === placeholder || value === handle) return placeholder
        if (bytes !== undefined && bytes.length === text.length && isAt(bytes, 0, text)) return placeholder
        if (bytes === undefined && typeof value === 'object' && (value as { k?: unknown } | null)?.k === k)
          return placeholder
      }
      return undefined
    },
    within(bytes) {
      for (const { name, bytes: text } of known) {
        const [first = 0] = text
        for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1))
          if (isAt(bytes, at, text)) return name
      }
      return undefined
    },
    async sign(placeholder, hash, data) {
      const { body } = await call('secrets.sign', [placeholder, hash], data)
      return new Uint8Array(body ?? [])
    },
  }
}

function isAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false
  return true
}

function createSecret(name: string, placeholder: string): Secret {
  const handle = {
    bearer: () => `Bearer ${placeholder}`,
    basic(user: string) {
      if (typeof user !== 'string' || user.includes(':')) {
        throw new TypeError('The user of basic() is a string without ":"')
      }
      return `Basic ${placeholder}~${base64url(encodeUtf8(user))}`
    },
    toString: () => placeholder,
    /** Logs and responses show the name of the secret, but not even its placeholder. */
    toJSON: () => `[secret ${name}]`,
  }
  for (const member of Object.values(handle)) Object.freeze(member)
  return Object.freeze(handle)
}

function base64url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    for (let k = 0; k < Math.min(4, left + 1); k++) text += ALPHABET[(bits >> (18 - 6 * k)) & 63]
  }
  return text
}
