// Checks the response head of a plugin as hostile input; drops or scopes headers that it may not set.
// Invariant: every response has the plugin headers of pages/csp.ts; a guest cannot remove them.

import type { Access } from '../../../sdk/api/access.ts'
import type { FlatHeaders, GuestResponseHead } from '../../../sdk/protocol/guest-request.ts'
import type { Mount } from '../exchange/mount.ts'
import { isThePlugins } from './allowed-headers.ts'
import { OUR_COOKIES } from './request-head.ts'

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
  const { status, headers } = value as Record<string, unknown>
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

export interface ResponseContext {
  readonly mount: Mount
  readonly access: Access
  /** The plugin headers, flat. */
  readonly fixed: readonly string[]
  /** The request's Origin; undefined without one. */
  readonly requestOrigin: string | undefined
  /** Gets the names of headers that were dropped, in lower case. */
  readonly reporter?: { reportLeftOut(names: readonly string[]): void }
}

export function responseHeaders(headers: FlatHeaders, context: ResponseContext): string[] {
  const { mount } = context
  const ownPage = isOwnPageOrigin(context)
  const out = [...context.fixed]
  const leftOut: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    const value = headers[index + 1] as string
    if (!isThePlugins(name)) {
      if (!OF_THE_LISTENER.has(name)) leftOut.push(name)
      continue
    }
    if (name === 'set-cookie' && isOurCookie(value)) continue
    if (name.startsWith('access-control-') && (ownPage || context.access !== 'public')) continue
    if (name === 'location') out.push(name, scopedLocation(value, mount))
    else if (name === 'set-cookie') out.push(name, scopedCookie(value, mount))
    else out.push(name, value)
  }
  if (ownPage) out.push(...ownPageCors(context))
  if (leftOut.length > 0) context.reporter?.reportLeftOut(leftOut)
  return out
}

/** A page of another site, which may not open a WebSocket to a plugin unless it is public. */
export function isForeignPage({
  mount,
  requestOrigin,
}: Pick<ResponseContext, 'mount' | 'requestOrigin'>): boolean {
  const isOwn = requestOrigin === undefined || requestOrigin === mount.origin
  return !isOwn && !isOwnPageOrigin({ mount, requestOrigin })
}

/** A page of this runtime on another origin than its API: the opaque one. */
export function isOwnPageOrigin({
  mount,
  requestOrigin,
}: Pick<ResponseContext, 'mount' | 'requestOrigin'>): boolean {
  return mount.mode === 'opaque' && requestOrigin === 'null'
}

export function ownPageCors({ requestOrigin }: Pick<ResponseContext, 'requestOrigin'>): string[] {
  return [
    'access-control-allow-origin',
    requestOrigin ?? 'null',
    'access-control-expose-headers',
    '*',
    'vary',
    'origin',
  ]
}

/** "/x" of the guest is "<mount>/api/x" outside; other forms pass unchanged. */
function scopedLocation(value: string, mount: Mount): string {
  if (!value.startsWith('/') || value.startsWith('//') || value.startsWith('/\\')) return value
  return `${mount.path}/api${value}`
}

/** Also a cookie without a name: browsers send its value alone, which then reads as the name and value of another cookie. */
function isOurCookie(value: string): boolean {
  const name = value.slice(0, Math.max(0, value.split(';', 1)[0]?.indexOf('=') ?? 0)).trim()
  return name === '' || OUR_COOKIES.includes(name)
}

/**
 * Path is forced under the mount, Domain dropped; a `__Host-` cookie would need the path "/", which is not the plugin's on our
 * origin.
 */
function scopedCookie(value: string, { path: mount }: Mount): string {
  const [pair = '', ...attributes] = value.split(';')
  const kept = attributes
    .map((attribute) => attribute.trim())
    .filter((attribute) => !/^(path|domain)\b/i.test(attribute))
  const wanted = attributes
    .map((attribute) => /^\s*path=(\/[^;]*)$/i.exec(attribute)?.[1]?.trim())
    .find((path) => path !== undefined)
  const path = wanted?.startsWith(`${mount}/`) ? wanted : `${mount}${wanted ?? '/'}`
  return [pair.trim(), ...kept, `Path=${path}`].join('; ')
}
