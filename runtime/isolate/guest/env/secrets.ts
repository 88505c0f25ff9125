// env.secrets: handles whose text is a placeholder. The values never enter the isolate.

import type { Secret, Secrets } from '../../../../sdk/plugin-api/secrets.ts'
import { encodeUtf8 } from '../web/text/utf8.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export function createSecrets(placeholders: Readonly<Record<string, string>>): Secrets {
  const secrets: Record<string, Secret> = Object.create(null)
  for (const name of Object.keys(placeholders)) {
    secrets[name] = createSecret(name, placeholders[name] ?? '')
  }
  return Object.freeze(secrets)
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
