// Secrets in a plugin's settings: the plugin holds placeholders; only permitted requests get the values.
// Invariant: a value leaves this file only in an outbound request whose origin was permitted for it: in a header, or in the one
// field that the manifest names. What is signed with it leaves as a signature.

import { createHmac, randomBytes } from 'node:crypto'
import { PlugbayError } from '../errors.ts'
import { createPlaceholderSearch, type PlaceholderSearch } from '../secrets/placeholder-search.ts'
import { type FieldText, fillFields } from '../secrets/secret-fields.ts'
import { createSecretMask, type SecretMask } from '../secrets/secret-mask.ts'
import { createSecretSearch, type SecretSearch } from '../secrets/secret-search.ts'

export interface SecretHandles {
  /** Placeholders by setting name, as given to the plugin. */
  readonly placeholders: Readonly<Record<string, string>>
  /**
   * Replaces placeholders with values. `permit` gets the name of each secret, and throws when the request may not carry it.
   * Throws HOST_CALL_INVALID for a value that a header cannot hold; the message names the setting only.
   */
  reveal(headers: readonly string[], permit: (name: string) => void): RevealedHeaders
  /** Replaces values with placeholders, in echoes of a response. `found` gets the name of each secret. */
  hide(text: string, found?: (name: string) => void): string
  /** Replaces placeholders that are the value of their field, in a query without "?" or a form. */
  fill(text: string, permit: (name: string) => void): FieldText
  /** Placeholders where none is replaced; undefined without secrets. */
  readonly misplaced: PlaceholderSearch | undefined
  /**
   * HMAC with the value as its key, whose text is UTF-8. Throws HOST_CALL_INVALID for a placeholder of nothing, and for a value that
   * is too short.
   */
  sign(placeholder: string, hash: SigningHash, data: Uint8Array): Uint8Array
  /** Finds values in bodies of responses; undefined without secrets that can be recognised. */
  readonly search: SecretSearch | undefined
  /** For texts that people read. */
  readonly mask: SecretMask
}

export interface RevealedHeaders {
  readonly headers: readonly string[]
  /** Names of the headers that now hold a secret. */
  readonly secretHeaders: ReadonlySet<string>
  /** Names of the secrets that the headers hold. */
  readonly used: ReadonlySet<string>
}

/** As Node names them. */
export type SigningHash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** What every placeholder begins with. */
const PLACEHOLDER_START = 'plugbay-secret-'
/** A placeholder, and the suffix from a handle's `basic(user)`: "~" and the user name in base64url. */
const PLACEHOLDER = /plugbay-secret-[\w-]{32}(?:~([\w-]*))?/g
/** Characters of a key: who has the signature of a shorter one could find it by trying. */
const SHORTEST_KEY = 16
/** Number of users of `basic()` to remember. */
const MAX_PAIRS = 100
/** The characters that HTTP allows in a header value. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

interface NamedSecret {
  readonly name: string
  readonly value: string
}

/**
 * @param values by setting name; empty ones count as absent
 * @param fields names of fields of queries and forms, by setting name
 */
export function createSecretHandles(
  values: Readonly<Record<string, string>>,
  fields: ReadonlyMap<string, string> = new Map(),
): SecretHandles {
  const byPlaceholder = new Map<string, NamedSecret>()
  const placeholders: Record<string, string> = {}
  for (const [name, text] of Object.entries(values)) {
    // A value from a file often ends with a line break, which is not part of it.
    const value = text.trim()
    if (value === '') continue
    const placeholder = `${PLACEHOLDER_START}${randomBytes(24).toString('base64url')}`
    byPlaceholder.set(placeholder, { name, value })
    Object.defineProperty(placeholders, name, { value: placeholder, enumerable: true })
  }
  const byName = new Map([...byPlaceholder.values()].map(({ name, value }) => [name, value]))

  const mask = createSecretMask(byName)

  /** Results of `basic()` by what was sent: a response may echo them too. */
  const pairs = new Map<string, { readonly name: string; readonly placeholder: string }>()

  function pairOf(placeholder: string, user: string, { name, value }: NamedSecret): string {
    const pair = Buffer.concat([Buffer.from(user, 'base64url'), Buffer.from(`:${value}`)]).toString('base64')
    pairs.delete(pair)
    pairs.set(pair, { name, placeholder })
    const [oldest] = pairs.keys()
    if (pairs.size > MAX_PAIRS && oldest !== undefined) pairs.delete(oldest)
    return pair
  }

  function find(placeholder: string, user: string | undefined): NamedSecret | undefined {
    return byPlaceholder.get(user === undefined ? placeholder : placeholder.slice(0, -user.length - 1))
  }

  const misplaced =
    byPlaceholder.size === 0 ? undefined : createPlaceholderSearch(new Map(Object.entries(placeholders)))

  function replaced(text: string, permit: (name: string) => void): string {
    return text.replace(PLACEHOLDER, (found, user: string | undefined) => {
      const secret = find(found, user)
      if (secret === undefined) return found
      permit(secret.name)
      if (user !== undefined) return pairOf(found, user, secret)
      if (!HEADER_VALUE.test(secret.value))
        throw new PlugbayError(
          'HOST_CALL_INVALID',
          `The secret "${secret.name}" holds a character that headers cannot hold`,
        )
      return secret.value
    })
  }

  return {
    placeholders,
    search: createSecretSearch(byName),
    mask,
    reveal(headers, permit) {
      const secretHeaders = new Set<string>()
      const used = new Set<string>()
      if (byPlaceholder.size === 0) return { headers, secretHeaders, used }
      const revealed = headers.map((text, index) => {
        if (index % 2 === 0) return text
        return replaced(text, (name) => {
          permit(name)
          used.add(name)
          secretHeaders.add(headers[index - 1] ?? '')
        })
      })
      return { headers: revealed, secretHeaders, used }
    },
    hide(text, found) {
      let hidden = text
      for (const [pair, { name, placeholder }] of pairs) {
        if (!hidden.includes(pair)) continue
        found?.(name)
        hidden = hidden.replaceAll(pair, placeholder)
      }
      return mask(hidden, (name) => {
        found?.(name)
        return placeholders[name] ?? ''
      })
    },
    misplaced,
    fill(text, permit) {
      if (!text.includes(PLACEHOLDER_START)) return { text, used: new Set() }
      const filled = fillFields(text, (placeholder) => {
        const secret = byPlaceholder.get(placeholder)
        return secret && { ...secret, field: fields.get(secret.name) }
      })
      filled.used.forEach(permit)
      return filled
    },
    sign(placeholder, hash, data) {
      const secret = byPlaceholder.get(placeholder)
      if (secret === undefined)
        throw new PlugbayError('HOST_CALL_INVALID', 'The key is no secret of the plugin')
      if (secret.value.length < SHORTEST_KEY)
        throw new PlugbayError(
          'HOST_CALL_INVALID',
          `The secret "${secret.name}" is shorter than ${SHORTEST_KEY} characters: it could be guessed from what it signs`,
        )
      return createHmac(hash, secret.value).update(data).digest()
    },
  }
}
