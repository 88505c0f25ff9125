// Two defences of the admin side: against DNS rebinding (names) and against other sites' pages (origins).
// Invariant: a request for a foreign name reaches no handler, and a cookie alone never changes anything.

import { publicAddresses } from '../../config/public-urls.ts'
import { PlugbayError } from '../../errors.ts'
import { isLoopbackName, isPlainLoopback, type SourceConfig, sourceOf } from '../server/request-source.ts'

/**
 * Refuses a request whose Host or Origin is neither a public one nor a loopback name.
 * An Origin of "null" is not a name: such a page is refused for lack of a credential, or by `requireOwnOrigin`.
 * @throws PlugbayError MISDIRECTED
 */
export function requireOwnName(request: Request, config: SourceConfig): void {
  const source = sourceOf(request, config)
  if (source === null || !isOwnName(source.hostname, config)) {
    throw new PlugbayError(
      'MISDIRECTED',
      `"${request.headers.get('host') ?? ''}" is not a name of this server`,
    )
  }
  const origin = request.headers.get('origin')
  if (origin === null || origin === 'null') return
  const url = URL.parse(origin)
  if (url === null || !isOwnName(url.hostname, config)) {
    throw new PlugbayError('MISDIRECTED', `Pages of "${origin}" may not speak to this server`)
  }
}

/**
 * Refuses a state-changing request that a page of another origin may have made with the visitor's cookie.
 * @param wanted `always` when browsers send the credential by themselves; `if-present` when there is none yet
 * @throws PlugbayError FOREIGN_ORIGIN
 */
export function requireOwnOrigin(
  request: Request,
  config: SourceConfig,
  wanted: 'always' | 'if-present',
): void {
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin') {
    throw new PlugbayError(
      'FOREIGN_ORIGIN',
      `Requests that change something are not taken from other sites ("${site}")`,
    )
  }
  if (origin === null && wanted === 'if-present') return
  if (origin === null || !ownOrigins(request, config).includes(origin)) {
    throw new PlugbayError('FOREIGN_ORIGIN', `Requests that change something ${lack(origin)}`)
  }
}

function lack(origin: string | null): string {
  return origin === null
    ? 'by a credential that browsers send by themselves need the Origin of this server'
    : `are not taken from "${origin}"`
}

/**
 * Whether no browser can have made the request: all of them name the origin of what changes something, and none adds a header of
 * an application by itself. What they do add (cookies, and the credentials of their own dialogs) is not in it.
 */
export function isOfProgram({ headers }: Request): boolean {
  const scheme = headers.get('authorization')?.trim().split(/\s/)[0]?.toLowerCase()
  return (
    !BROWSER_HEADERS.some((name) => headers.has(name)) &&
    !(scheme !== undefined && BROWSER_SCHEMES.has(scheme))
  )
}

/** `fetch()` of Node sends `sec-fetch-mode` too. */
const BROWSER_HEADERS = ['origin', 'referer', 'cookie', 'sec-fetch-site', 'sec-fetch-dest'] as const

/** A browser that was asked for a password once sends these with every request. */
const BROWSER_SCHEMES: ReadonlySet<string> = new Set(['basic', 'digest', 'negotiate', 'ntlm'])

function isOwnName(hostname: string, config: SourceConfig): boolean {
  return isLoopbackName(hostname) || publicAddresses(config).some(({ url }) => url.hostname === hostname)
}

function ownOrigins(request: Request, config: SourceConfig): readonly string[] {
  const source = sourceOf(request, config)
  const loopback = source !== null && isPlainLoopback(source.hostname) ? [source.origin] : []
  return [...publicAddresses(config).map(({ url }) => url.origin), ...loopback]
}
