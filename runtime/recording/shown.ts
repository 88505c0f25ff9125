// What is kept of values: the begin of texts, without secrets of the plugin and without credentials of visitors.

import type { SecretMask } from '../secrets/secret-mask.ts'

const MOST_CHARACTERS = 400
const MOST_HEADERS = 50
/** Of what is masked before it is cut: a secret must not survive as a half. */
const MOST_MASKED = 16_384

export type Header = readonly [name: string, value: string]

export function shownText(text: string, mask: SecretMask): string {
  const masked = mask(text.slice(0, MOST_MASKED))
  return masked.length > MOST_CHARACTERS ? `${masked.slice(0, MOST_CHARACTERS)}…` : masked
}

/** @param flat name, value, name, value …, unchecked: values other than texts are left out */
export function shownHeaders(flat: unknown, mask: SecretMask): readonly Header[] {
  if (!Array.isArray(flat)) return []
  const shown: Header[] = []
  for (let at = 0; at + 1 < flat.length && shown.length < MOST_HEADERS; at += 2) {
    const [name, value]: unknown[] = [flat[at], flat[at + 1]]
    if (typeof name !== 'string' || typeof value !== 'string') continue
    shown.push([shownText(name, mask), CREDENTIAL.test(name) ? '•••' : shownText(value, mask)])
  }
  return shown
}

/** Names of headers whose values let others in: `authorization`, `cookie`, `x-api-key`, `x-csrf-token` … */
const CREDENTIAL = /auth|cookie|token|secret|password|api-?key|signature|session|credential/i

/** Parameters with such a name. */
const CREDENTIAL_PARAMETER =
  /([?&][^=&#]*(?:auth|token|secret|password|api-?key|signature|session|code)[^=&#]*=)[^&#]*/gi

export function shownTarget(target: string, mask: SecretMask): string {
  return shownText(target.replace(CREDENTIAL_PARAMETER, '$1•••'), mask)
}
