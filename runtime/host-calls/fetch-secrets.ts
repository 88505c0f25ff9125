// Puts secrets into a request, and refuses it where a placeholder would leave instead of a value.
// Invariant: no placeholder leaves for another server.

import type { EgressBody } from '../egress/follow.ts'
import { PlugbayError } from '../errors.ts'
import type { SecretHandles } from './secrets.ts'

export interface UnpreparedRequest {
  readonly target: URL
  readonly headers: readonly string[]
  readonly body: EgressBody
}

export interface PreparedRequest {
  readonly url: URL
  readonly headers: readonly string[]
  readonly secretHeaders: ReadonlySet<string>
  readonly body: EgressBody
  /** It does not follow a redirect to another origin. */
  readonly isBodySecret: boolean
  /** Names of the secrets in it. */
  readonly used: ReadonlySet<string>
}

const FORM = /^application\/x-www-form-urlencoded(?:;|$)/i

/**
 * @param permit gets the name of each secret, and throws when the request may not carry it
 * @throws PlugbayError HOST_CALL_INVALID, and what `permit` throws
 */
export function prepareSecrets(
  secrets: SecretHandles,
  { target, headers, body }: UnpreparedRequest,
  permit: (name: string) => void,
): PreparedRequest {
  const { misplaced } = secrets
  if (misplaced === undefined)
    return {
      url: target,
      headers,
      body,
      secretHeaders: new Set(),
      isBodySecret: false,
      used: new Set(),
    }
  const query = secrets.fill(target.search.slice(1), permit)
  const url = new URL(target)
  if (query.used.size > 0) url.search = query.text
  const form = fillForm(secrets, headers, { body, permit })
  // In what is left after each secret has got its place.
  refuse(misplaced.find(target.href.replace(target.search, '')), 'an address')
  refuse(misplaced.find(query.text), 'an address')
  const revealed = secrets.reveal(headers, permit)
  for (const [index, text] of revealed.headers.entries())
    refuse(misplaced.find(text), index % 2 === 0 ? 'the name of a header' : 'an encoded text')
  return {
    url,
    headers: revealed.headers,
    secretHeaders: revealed.secretHeaders,
    body: guarded(form.body, form.used.size > 0, misplaced),
    isBodySecret: form.used.size > 0,
    used: revealed.used.union(query.used).union(form.used),
  }
}

function fillForm(
  secrets: SecretHandles,
  headers: readonly string[],
  { body, permit }: { readonly body: EgressBody; readonly permit: (name: string) => void },
): { readonly body: EgressBody; readonly used: ReadonlySet<string> } {
  const at = headers.indexOf('content-type')
  if (!(body instanceof Uint8Array) || at === -1 || !FORM.test(headers[at + 1] ?? ''))
    return { body, used: new Set() }
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  const filled = secrets.fill(text, permit)
  return filled.used.size === 0
    ? { body, used: filled.used }
    : { body: Buffer.from(filled.text, 'latin1'), used: filled.used }
}

/** A whole body is refused now, one that streams before the placeholder has left. */
function guarded(
  body: EgressBody,
  isFilled: boolean,
  misplaced: NonNullable<SecretHandles['misplaced']>,
): EgressBody {
  if (body === undefined) return body
  if (!(body instanceof Uint8Array)) return misplaced.watch(body, (name) => refuse(name, 'a body'))
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  refuse(misplaced.find(text), isFilled ? 'more than its field of a form' : 'a body')
  return body
}

function refuse(name: string | undefined, where: string): void {
  if (name === undefined) return
  throw new PlugbayError(
    'HOST_CALL_INVALID',
    `The secret "${name}" can be used in values of headers only, not in ${where}. A field of a query or a form is named in the manifest ("x-secret-field"), basic() makes Basic authorization, and crypto.subtle signs with it (docs/network.md)`,
  )
}
