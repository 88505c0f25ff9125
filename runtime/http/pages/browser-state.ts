// What a browser keeps for a plugin's own origin (storage, service workers, cached files) belongs to one generation of the plugin:
// a cookie says which, and another one's state is cleared before the page is used.
// Invariant: nothing is cleared of a plugin that is installed and has the generation of the cookie, also while it does not serve.

import { parse, serialize } from 'hono/utils/cookie'
import type { LivePlugin } from '../../contributions/live-plugin.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { isSecure, type Mount } from '../exchange/mount.ts'

const NAME = 'plugbay-generation'
/** In a frame of another site, browsers keep cookies and storage for that site apart (CHIPS). */
const FRAMED_NAME = 'plugbay-generation-framed'
const HOST = '__Host-'

/** For code that keeps them from plugins. */
export const STATE_COOKIE_NAMES: readonly string[] = [
  NAME,
  FRAMED_NAME,
  `${HOST}${NAME}`,
  `${HOST}${FRAMED_NAME}`,
]

// Not "cookies": that would reach every cookie of the parent domain, sessions of other applications included.
const CLEAR: readonly string[] = ['clear-site-data', '"storage", "cache"']
const NONE: readonly string[] = []
/** Browsers keep no cookie for longer; each visit extends it. */
const MAX_AGE_SECONDS = 400 * 86_400

/**
 * Headers for the answer to a navigation on an own origin; none for other requests.
 * @param found undefined: not installed
 */
export function stateHeaders(
  found: LivePlugin | undefined,
  { request, mount }: { readonly request: PluginRequest; readonly mount: Mount },
): readonly string[] {
  // Browsers without these headers, and connections that they do not trust, take no "Clear-Site-Data" either.
  if (mount.mode !== 'own' || request.method !== 'GET') return NONE
  if (headerOf(request, 'sec-fetch-mode') !== 'navigate') return NONE
  if (found === undefined) return CLEAR
  if (found.kind !== 'serving') return NONE
  const { generation } = found
  const prefix = isSecure(mount) ? HOST : ''
  const cookies = headerOf(request, 'cookie') ?? ''
  const keptAs = (name: string) => parse(cookies, prefix + name)[prefix + name]
  const common = { httpOnly: true, path: '/', maxAge: MAX_AGE_SECONDS }
  const kept = keptAs(NAME)
  const own = [
    'set-cookie',
    serialize(prefix + NAME, generation, { ...common, sameSite: 'Lax', secure: prefix !== '' }),
  ]
  if (headerOf(request, 'sec-fetch-dest') === 'document')
    return kept === generation ? own : [...CLEAR, ...own]
  // A frame may be new to a browser that has used the plugin by itself, and browsers clear both at once: only a cookie that names
  // another generation counts here, and only the page by itself sets the other cookie.
  const known = kept ?? keptAs(FRAMED_NAME)
  const framed = { ...common, sameSite: 'None', secure: true, partitioned: true } as const
  const set = ['set-cookie', serialize(prefix + FRAMED_NAME, generation, framed)]
  return known === undefined || known === generation ? set : [...CLEAR, ...set]
}
