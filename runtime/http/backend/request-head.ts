// What a plugin gets of a request: its URL below the mount, its method, and the headers that are its to see.
// Invariant: the session cookie, page tokens and pbt_ tokens never reach a guest.

import type { FlatHeaders, GuestRequestHead } from '../../../sdk/protocol/guest-request.ts'
import { PlugbayError } from '../../errors.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import type { Mount } from '../exchange/mount.ts'
import { type HeaderFacts, headersForPlugin } from './request-headers.ts'

/** They identify a request for a WebSocket. */
const UPGRADE: FlatHeaders = ['connection', 'Upgrade', 'upgrade', 'websocket']

/** Characters that the URL standard leaves unchanged in paths and queries. */
const PLAIN_TARGET = /^\/[A-Za-z0-9\-._~!$&()*+,;=:@/%]*(\?[A-Za-z0-9\-._~!$&()*+,;=:@/?%]*)?$/

/** Throws BAD_REQUEST for a target that is not one. Dot segments have been refused before (routing/raw-target.ts). */
export function guestUrl(mount: Mount, target: string): string {
  const path = target.startsWith('/') ? target : `/${target}`
  if (PLAIN_TARGET.test(path)) return mount.origin + path
  const url = URL.parse(mount.origin + path)
  if (url === null || url.origin !== mount.origin)
    throw new PlugbayError('BAD_REQUEST', 'The path is not valid')
  return url.href
}

export interface HeadFacts extends HeaderFacts {
  readonly user: GuestRequestHead['user']
  readonly requestId: string
  readonly language: string
}

export function guestRequestHead(request: PluginRequest, facts: HeadFacts): string {
  const headers = headersForPlugin(request.headers, facts)
  const isUpgrade = request.socket !== undefined
  if (isUpgrade) headers.push(...UPGRADE)
  const head: GuestRequestHead = {
    m: 'fetch',
    method: request.method,
    url: guestUrl(facts.mount, request.target),
    headers,
    user: facts.user,
    requestId: facts.requestId,
    language: facts.language,
    ...(isUpgrade ? { upgrade: true } : undefined),
  }
  return JSON.stringify(head)
}
