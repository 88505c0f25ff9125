// Checks the response head of a plugin as hostile input; drops or scopes headers that it may not set.
// Invariant: every response has the plugin headers of pages/csp.ts; a guest cannot remove them.

import type { Access } from '../../../sdk/api/access.ts'
import { parseFileBody } from '../../../sdk/protocol/bucket-wire.ts'
import type { FlatHeaders, GuestResponseHead } from '../../../sdk/protocol/guest-request.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import type { Mount } from '../exchange/mount.ts'
import { isSandboxedPage, PAGE_CORS, type Sender } from '../pages/page-cors.ts'
import { isThePlugins } from './allowed-headers.ts'
import { isForPrograms } from './challenges.ts'
import type { GivenCors } from './given-cors.ts'
import { linksForVisitor } from './links.ts'
import { forVisitor, isAddress } from './own-addresses.ts'
import { CookiesOfPlugin } from './plugin-cookies.ts'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** Field values (RFC 9110, 5.5): no control characters but tab; one byte per character. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

const MAX_HEADERS = 200
/** The listener sets these itself: dropping them is not reported to the author. */
const OF_THE_LISTENER: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'sec-websocket-protocol',
  'transfer-encoding',
])

/**
 * Undefined for a head that our guest bundle would not have made.
 * @param mayUpgrade whether 101 is allowed
 */
export function parseResponseHead(text: string, mayUpgrade = false): GuestResponseHead | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { status, headers, file } = value as Record<string, unknown>
  if (file !== undefined && parseFileBody(file) === undefined) return undefined
  const isUpgrade = mayUpgrade && status === 101
  if (!Number.isInteger(status) || ((status as number) < 200 && !isUpgrade) || (status as number) > 599)
    return undefined
  if (!Array.isArray(headers) || headers.length % 2 !== 0 || headers.length > 2 * MAX_HEADERS)
    return undefined
  for (let index = 0; index < headers.length; index += 2) {
    const name: unknown = headers[index]
    const text: unknown = headers[index + 1]
    if (typeof name !== 'string' || typeof text !== 'string' || !TOKEN.test(name) || !VALUE.test(text))
      return undefined
  }
  return value as GuestResponseHead
}

export interface ResponseContext extends Sender {
  readonly mount: Mount
  readonly access: Access
  /** The plugin headers, flat. */
  readonly fixed: readonly string[]
  /** Gets the names of headers that were dropped, in lower case. */
  readonly reporter?: { reportLeftOut(names: readonly string[]): void }
  /** Patterns of headers that the operator lets pass. */
  readonly allowed: readonly string[]
  readonly request: Pick<PluginRequest, 'url' | 'headers'>
  /** Of a plugin that is public, for a request with an Origin. */
  readonly cors?: GivenCors | undefined
}

export function responseHeaders(headers: FlatHeaders, context: ResponseContext): string[] {
  const { mount, allowed } = context
  const ownPage = isSandboxedPage(context)
  const out = [...context.fixed]
  const leftOut: string[] = []
  let cookies: CookiesOfPlugin | undefined
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    if (OF_THE_LISTENER.has(name)) continue
    if (name === 'content-disposition' && mount.isHidden === true) continue
    if (name.startsWith('access-control-') && (ownPage || context.access !== 'public')) continue
    let value: string | undefined
    if (isThePlugins(name, allowed)) value = scopedValue(name, headers[index + 1] as string, context)
    if (name === 'set-cookie' && value !== undefined) {
      cookies ??= new CookiesOfPlugin(mount, headerOf(context.request, 'cookie'))
      value = cookies.set(value)
    }
    if (value === undefined) leftOut.push(name)
    else out.push(name, value)
  }
  if (ownPage) out.push(...PAGE_CORS)
  else context.cors?.note(out)
  if (leftOut.length > 0) context.reporter?.reportLeftOut(leftOut)
  return out
}

/** What Content-Length says, for an answer whose bytes are not known yet; undefined without a plain number. */
export function namedLength(headers: FlatHeaders): number | undefined {
  const at = headers.indexOf('content-length')
  const text = at === -1 ? '' : (headers[at + 1] ?? '')
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The value that a visitor gets; undefined when it is not the plugin's to set at this mount. */
function scopedValue(name: string, value: string, context: ResponseContext): string | undefined {
  if (isAddress(name)) return forVisitor(value, context)
  if (name === 'link') return linksForVisitor(value, context)
  if (name === 'www-authenticate' && context.mount.mode === 'opaque')
    return isForPrograms(value) ? value : undefined
  return value
}
