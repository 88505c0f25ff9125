// Secrets in a plugin's settings: the plugin holds placeholders; only headers of permitted requests get the values.
// Invariant: a value leaves this file only in a header of an outbound request.

import { randomBytes } from 'node:crypto'
import { PlugbayError } from '../errors.ts'

export interface SecretHandles {
  /** Placeholders by setting name, as given to the plugin. */
  readonly placeholders: Readonly<Record<string, string>>
  /**
   * Replaces placeholders with values.
   * Throws HOST_CALL_INVALID for a value that a header cannot hold; the message names the setting only.
   */
  reveal(headers: readonly string[]): RevealedHeaders
  /** Replaces values with placeholders, in echoes of a response. */
  hide(text: string): string
}

export interface RevealedHeaders {
  readonly headers: readonly string[]
  /** Names of the headers that now hold a secret. */
  readonly secretHeaders: ReadonlySet<string>
}

/** A placeholder, and the suffix from a handle's `basic(user)`: "~" and the user name in base64url. */
const PLACEHOLDER = /plugbay-secret-[\w-]{32}(?:~([\w-]*))?/g
/** Shorter values occur in texts by chance. */
const SHORTEST_TO_HIDE = 8
/** Number of users of `basic()` to remember. */
const MAX_PAIRS = 100
/** The characters that HTTP allows in a header value. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** `values` by setting name; empty ones count as absent. */
export function createSecretHandles(values: Readonly<Record<string, string>>): SecretHandles {
  const byPlaceholder = new Map<string, { readonly name: string; readonly value: string }>()
  const placeholders: Record<string, string> = {}
  for (const [name, text] of Object.entries(values)) {
    // A value from a file often ends with a line break, which is not part of it.
    const value = text.trim()
    if (value === '') continue
    const placeholder = `plugbay-secret-${randomBytes(24).toString('base64url')}`
    byPlaceholder.set(placeholder, { name, value })
    Object.defineProperty(placeholders, name, { value: placeholder, enumerable: true })
  }

  /** Results of `basic()` by what was sent: a response may echo them too. */
  const pairs = new Map<string, string>()

  function pairOf(placeholder: string, user: string, value: string): string {
    const pair = Buffer.concat([Buffer.from(user, 'base64url'), Buffer.from(`:${value}`)]).toString('base64')
    pairs.delete(pair)
    pairs.set(pair, placeholder)
    const [oldest] = pairs.keys()
    if (pairs.size > MAX_PAIRS && oldest !== undefined) pairs.delete(oldest)
    return pair
  }

  function replaced(text: string): string {
    return text.replace(PLACEHOLDER, (found, user: string | undefined) => {
      const secret = byPlaceholder.get(user === undefined ? found : found.slice(0, -user.length - 1))
      if (secret === undefined) return found
      const { name, value } = secret
      if (user !== undefined) return pairOf(found, user, value)
      if (!HEADER_VALUE.test(value))
        throw new PlugbayError(
          'HOST_CALL_INVALID',
          `The secret "${name}" holds a character that headers cannot hold`,
        )
      return value
    })
  }

  return {
    placeholders,
    reveal(headers) {
      if (byPlaceholder.size === 0) return { headers, secretHeaders: new Set() }
      const secretHeaders = new Set<string>()
      const revealed = headers.map((text, index) => {
        if (index % 2 === 0) return text
        const value = replaced(text)
        if (value !== text) secretHeaders.add(headers[index - 1] ?? '')
        return value
      })
      return { headers: revealed, secretHeaders }
    },
    hide(text) {
      let hidden = text
      for (const [pair, placeholder] of pairs) hidden = hidden.replaceAll(pair, placeholder)
      for (const [placeholder, { value }] of byPlaceholder) {
        if (value.length >= SHORTEST_TO_HIDE) hidden = hidden.replaceAll(value, placeholder)
      }
      return hidden
    },
  }
}
