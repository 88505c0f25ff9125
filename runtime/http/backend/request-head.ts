// What a plugin sees of a request: its URL below the mount, its headers without the runtime's own.
// Invariant: the session cookie, page tokens and pbt_ tokens never reach a guest.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FlatHeaders, GuestRequestHead } from '../../../sdk/protocol/guest-request.ts'
import { PlugbayError } from '../../errors.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import type { Mount } from '../exchange/mount.ts'
import { SESSION_COOKIE_NAMES } from '../identity/session-cookie.ts'
import { PAGE_COOKIE_NAMES } from '../pages/page-cookie.ts'

/** Contains a page token (see pages/page-token.ts). */
export const PAGE_TOKEN_HEADER = 'plugbay-token'

const OURS: ReadonlySet<string> = new Set([
  PAGE_TOKEN_HEADER,
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
])
/** They identify a request for a WebSocket. */
const UPGRADE: FlatHeaders = ['connection', 'Upgrade', 'upgrade', 'websocket']
/** Headers that a plugin neither sees nor sets. */
export const OUR_COOKIES: readonly string[] = [...SESSION_COOKIE_NAMES, ...PAGE_COOKIE_NAMES]

/** Characters that the URL standard leaves unchanged in paths and queries. */
const PLAIN_TARGET = /^\/[A-Za-z0-9\-._~!$&()*+,;=:@/%]*(\?[A-Za-z0-9\-._~!$&()*+,;=:@/?%]*)?$/
const DOT_SEGMENT = /\/(\.|%2e){1,2}(\/|\?|$)/i

/** Throws BAD_REQUEST for a path that is not in its canonical form: other forms are refused, not repaired. */
export function guestUrl(mount: Mount, target: string): string {
  const path = target.startsWith('/') ? target : `/${target}`
  const end = path.indexOf('?')
  const pathOnly = end === -1 ? path : path.slice(0, end)
  if (DOT_SEGMENT.test(pathOnly) || pathOnly.includes('\\') || path.includes('#')) {
    throw new PlugbayError('BAD_REQUEST', 'The path is not in its canonical form')
  }
  if (PLAIN_TARGET.test(path)) return mount.origin + path
  const url = URL.parse(mount.origin + path)
  if (url === null || url.origin !== mount.origin)
    throw new PlugbayError('BAD_REQUEST', 'The path is not valid')
  return url.href
}

/** @param adminToken the configured admin token, which may have any form */
export function guestHeaders(headers: FlatHeaders, mount: Mount, adminToken: string | null = null): string[] {
  const kept: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    let value = headers[index + 1] as string
    if (OURS.has(name)) continue
    if (name === 'authorization' && holdsOurToken(value, adminToken)) continue
    if (name === 'cookie') {
      value = withoutOurCookies(value)
      if (value === '') continue
    }
    kept.push(name, value)
  }
  kept.push('x-forwarded-prefix', `${mount.path}/api`)
  return kept
}

export interface HeadFacts {
  readonly user: GuestRequestHead['user']
  readonly requestId: string
  readonly adminToken: string | null
}

export function guestRequestHead(request: PluginRequest, mount: Mount, facts: HeadFacts): string {
  const headers = guestHeaders(request.headers, mount, facts.adminToken)
  const isUpgrade = request.socket !== undefined
  if (isUpgrade) headers.push(...UPGRADE)
  const head: GuestRequestHead = {
    m: 'fetch',
    method: request.method,
    url: guestUrl(mount, request.target),
    headers,
    user: facts.user,
    requestId: facts.requestId,
    language: null,
    ...(isUpgrade ? { upgrade: true } : undefined),
  }
  return JSON.stringify(head)
}

/** Removes it anywhere in the value: listeners join repeated headers, and a plugin would split them again. */
function holdsOurToken(value: string, adminToken: string | null): boolean {
  if (/(?:^|[\s,])pbt_/.test(value)) return true
  return adminToken !== null && value.split(/[\s,]+/).some((part) => isSame(part, adminToken))
}

/** The duration does not depend on how much of the two is equal. */
function isSame(text: string, secret: string): boolean {
  const [a, b] = [text, secret].map((each) => createHash('sha256').update(each).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

function withoutOurCookies(header: string): string {
  if (!OUR_COOKIES.some((name) => header.includes(name))) return header
  return header
    .split(';')
    .filter((pair) => !OUR_COOKIES.includes(pair.slice(0, Math.max(0, pair.indexOf('='))).trim()))
    .join(';')
    .trim()
}
