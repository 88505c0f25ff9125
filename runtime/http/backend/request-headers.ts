// Which headers of a request a plugin gets. On an origin of its own, browsers send only what is the plugin's; on an origin that
// others use too, they and the proxies in front add credentials that are meant for other applications.
// Invariant: the runtime's own credentials reach no plugin; on a shared origin nothing that identifies a visitor does, unless
// it was granted by name.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FlatHeaders } from '../../../sdk/protocol/guest-request.ts'
import { type Mount, publicPrefix } from '../exchange/mount.ts'
import { cookiesForPlugin } from './plugin-cookies.ts'

/** Contains a page token (see pages/page-token.ts). */
export const PAGE_TOKEN_HEADER = 'plugbay-token'

type Rule = 'pass' | 'never' | 'cookie' | 'authorization' | 'referer'

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['cookie', 'cookie'],
  ['authorization', 'authorization'],
  ['referer', 'referer'],
  ...rows('never', [
    PAGE_TOKEN_HEADER,
    'cookie2',
    'x-forwarded-prefix',
    // Hop-by-hop (RFC 9110, 7.6.1), and headers that only concern this connection.
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'expect',
  ]),
  ...rows('pass', [
    'host',
    'user-agent',
    'accept',
    'accept-encoding',
    'accept-language',
    'content-type',
    'content-length',
    'cache-control',
    'pragma',
    'origin',
    'range',
    'if-none-match',
    'if-modified-since',
    'last-event-id',
    'sec-ch-ua',
    'sec-ch-ua-mobile',
    'sec-ch-ua-platform',
    'sec-fetch-dest',
    'sec-fetch-mode',
    'sec-fetch-site',
    'sec-fetch-user',
    'upgrade-insecure-requests',
    'priority',
    'dnt',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-request-id',
    'mcp-session-id',
  ]),
])

/**
 * Names that speak of a credential or of a person. Proxies vouch for a visitor under many of them (X-Forwarded-User,
 * Remote-Groups, X-Auth-Request-Email, Cf-Access-Jwt-Assertion, X-Amzn-Oidc-Data, X-Ms-Client-Principal, SM_USER, Client-Cert), and the
 * next one will have another: a list of known ones would always be too short.
 */
const CREDENTIAL = new RegExp(
  [
    'auth(?!ors?(?:-|$))',
    '(?<!(?:c|x)srf[-_])token',
    'user(?!-agent)',
    'cookie|session|jwt|oidc|openid|saml|shib|kerberos|spnego|assertion|impersonat',
    'credential|creds|secret|passw|cert|principal|identity|login|account|mail(?!er)|mtls|okta',
    '(?:api|access|private)[-_]?key',
    '(?:^|[-_])(?:ssl|tls|sso|dn|uid|groups?|roles?|claims?|consumer|remote|subject)(?:[-_]|$)',
    'client[-_]?(?:dn|verif)',
    '^(?:iv|sm|cf[-_]access)[-_]',
  ].join('|'),
)

export interface HeaderFacts {
  readonly mount: Mount
  /** The configured admin token, which may have any form. */
  readonly adminToken: string | null
  /** Credentials that the plugin was granted, by the names of their headers. */
  readonly granted: readonly string[]
  /** Gets the names of credentials that were not granted. */
  readonly reporter?: { reportWithheld(name: string): void } | undefined
}

/** The headers that the plugin gets, flat. */
export function headersForPlugin(headers: FlatHeaders, facts: HeaderFacts): string[] {
  const { mount } = facts
  const isShared = mount.mode === 'opaque'
  const kept: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    let value = headers[index + 1] as string
    const rule = RULES.get(name)
    if (rule === 'never') continue
    if (rule === 'cookie') {
      value = cookiesForPlugin(value, mount)
      if (value === '') continue
    } else if (rule === 'authorization' && holdsOurToken(value, facts.adminToken)) continue
    else if (isShared && rule === 'referer') {
      value = refererFor(value, mount)
      if (value === '') continue
    } else if (isShared && rule !== 'pass') {
      if (CREDENTIAL.test(name) && !facts.granted.includes(name)) {
        facts.reporter?.reportWithheld(name)
        continue
      }
    }
    kept.push(name, value)
  }
  kept.push('x-forwarded-prefix', publicPrefix(mount))
  return kept
}

function rows(rule: Rule, names: readonly string[]): readonly (readonly [string, Rule])[] {
  return names.map((name) => [name, rule])
}

/** Of a page that is not the plugin's, its origin: the address of another application's page may hold a secret. */
export function refererFor(value: string, { origin, path }: Mount): string {
  const end = origin.length + path.length
  if (value.startsWith(origin) && value.startsWith(path, origin.length) && value[end] === '/') return value
  const other = URL.parse(value)
  return other === null ? '' : `${other.origin}/`
}

/** Looks for it anywhere in the value: listeners join repeated headers, and a plugin would split them again. */
function holdsOurToken(value: string, adminToken: string | null): boolean {
  if (/(?:^|[\s,])pbt_/.test(value)) return true
  return adminToken !== null && value.split(/[\s,]+/).some((part) => isSame(part, adminToken))
}

/** The duration does not depend on how much of the two is equal. */
function isSame(text: string, secret: string): boolean {
  const [a, b] = [text, secret].map((each) => createHash('sha256').update(each).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
