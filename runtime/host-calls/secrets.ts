// Secrets of a plugin's settings: the plugin holds placeholders, and only the headers of a permitted request get the values.
// Invariant: a value leaves this file in a header of an outbound request and nowhere else.

import { randomBytes } from 'node:crypto'
import { PlugbayError } from '../errors.ts'

export interface SecretHandles {
  /** Placeholder by name of the setting: what the plugin is given. */
  readonly placeholders: Readonly<Record<string, string>>
  /**
   * Puts values in the place of placeholders.
   * Throws HOST_CALL_INVALID where a value cannot stand in a header; the message names the setting only.
   */
  reveal(headers: readonly string[]): RevealedHeaders
  /** Puts placeholders in the place of values, for what an answer echoes. */
  hide(text: string): string
}

export interface RevealedHeaders {
  readonly headers: readonly string[]
  /** Names of the headers that hold a secret now. */
  readonly secretHeaders: ReadonlySet<string>
}

/** A placeholder, and what `basic(user)` of a handle puts behind it: "~" and the user name in base64url. */
const PLACEHOLDER = /plugbay-secret-[\w-]{32}(?:~([\w-]*))?/g
/** Shorter values occur in texts by chance. */
const SHORTEST_TO_HIDE = 8
/** Users of `basic()` that are remembered. */
const MAX_PAIRS = 100
/** What HTTP lets a header value hold. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** `values` by name of the setting; the empty ones are none. */
export function createSecretHandles(values: Readonly<Record<string, string>>): SecretHandles {
  const byPlaceholder = new Map<string, { readonly name: string; readonly value: string }>()
  const placeholders: Record<string, string> = {}
  for (const [name, text] of Object.entries(values)) {
    // A value out of a file often ends with a line break, which is no part of it.
    const value = text.trim()
    if (value === '') continue
    const placeholder = `plugbay-secret-${randomBytes(24).toString('base64url')}`
    byPlaceholder.set(placeholder, { name, value })
    Object.defineProperty(placeholders, name, { value: placeholder, enumerable: true })
  }

  /** What `basic()` has become, by what was sent: an answer may echo that too. */
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
