// Lists of origins, such as "https://api.example.org".

import { FORMS } from '../../manifest/names.ts'
import type { Mistake } from '../kind.ts'
import { list } from './list.ts'

/** Browsers and Node have it; the types that the guest is compiled with do not. */
declare const URL: { parse(text: string): { readonly origin: string; readonly hostname: string } | null }

export const ORIGIN = {
  type: 'string',
  pattern: FORMS.origin.pattern,
  minLength: 1,
  maxLength: 300,
  description: 'An origin, such as "https://api.example.org"',
} as const

export const origins = list(ORIGIN, {
  covers: isSameOrigin,
  label: (origin) => origin,
  mistake: originMistake,
  special: {
    is: isNearby,
    words: {
      sentence:
        'It sends requests to the servers in this list, among them this machine or others in your network, and to no others.',
    },
  },
})

/** Names that no public server has (RFC 6761, 6762, 8375, and "internal" of ICANN), and names without a dot. */
const NEARBY_NAME = /(?:^|\.)(?:localhost|local|internal|home\.arpa|lan)$|^[^.:]+$/
/** RFC 6890, as URLs write addresses. */
const NEARBY_IPV4 =
  /^(?:0|10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|100\.(?:6[4-9]|[789]\d|1[01]\d|12[0-7]))\./
/** All but 2000::/3, where public addresses are. */
const NEARBY_IPV6 = /^\[(?![23][\da-f]{3}:)/

/** Whether its host is said to be this machine, or one in its network. Any other name may lead there as well: what it resolves to decides. */
export function isNearby(origin: string): boolean {
  const host = URL.parse(origin)?.hostname.replace(/\.$/, '') ?? ''
  return (NEARBY_IPV4.test(host) && isIpv4(host)) || NEARBY_IPV6.test(host) || NEARBY_NAME.test(host)
}

function isIpv4(host: string): boolean {
  return /^[\d.]+$/.test(host)
}

/** Two spellings of one origin are equal; a string that is not a URL equals only itself. */
export function isSameOrigin(one: string, other: string): boolean {
  return originOf(one) === originOf(other)
}

export function originMistake(entry: string): Omit<Mistake, 'place'> | undefined {
  const origin = URL.parse(entry)?.origin
  if (origin === entry) return undefined
  const hint = origin === undefined ? 'Write it like "https://api.example.org"' : `Write "${origin}"`
  return { entry, is: 'not an origin in its usual form', hint }
}

function originOf(text: string): string {
  const url = URL.parse(text)
  return url === null || url.origin === 'null' ? text : url.origin
}
