// Addresses that a plugin answers with: it knows paths below its mount only ("/login"), visitors need the whole ("/plugins/hello/api/login").
// Invariant: an address that leads to the plugin from its own point of view leads there from the visitor's, in a path or made
// from `request.url`; what has the mount already, or is none of the plugin's origin, stays as it is.

import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { type Mount, publicPrefix } from '../exchange/mount.ts'
import { refererFor } from './request-headers.ts'

/** Headers that hold one address: of HTTP, htmx, Inertia and Unpoly. */
const ADDRESSES: ReadonlySet<string> = new Set([
  'location',
  'content-location',
  'hx-location',
  'hx-redirect',
  'hx-push-url',
  'hx-replace-url',
  'x-inertia-location',
  'x-up-location',
  'x-pjax-url',
])

export interface AddressFacts {
  readonly mount: Mount
  readonly request: Pick<PluginRequest, 'url' | 'headers'>
}

/** @param name in lower case */
export function isAddress(name: string): boolean {
  return ADDRESSES.has(name)
}

/** The value for the visitor. */
export function forVisitor(value: string, facts: AddressFacts): string {
  // Of htmx: the history stays as it is.
  if (value === 'false') return value
  if (!value.startsWith('{')) return addressForVisitor(value, facts)
  // HX-Location may be an object with the address as its path.
  const options = objectOf(value)
  const path = options?.path
  if (typeof path !== 'string') return value
  return JSON.stringify({ ...options, path: addressForVisitor(path, facts) })
}

export function addressForVisitor(value: string, { mount, request }: AddressFacts): string {
  const { origin, path } = mount
  if (value.startsWith('//') || value.startsWith('/\\')) return value
  if (value.startsWith('/')) return hasMount(value, mount) ? value : `${path}/api${value}`
  const url = URL.parse(value)
  if (url === null) return isBareMount(request.url, mount) ? belowBackend(value, mount) : value
  if (url.origin !== origin || hasMount(url.pathname, mount) || isReferer(value, { mount, request }))
    return value
  return `${origin}${path}/api${url.pathname}${url.search}${url.hash}`
}

/** Whether a path of the origin leads to the plugin as it is: below its mount, in any language, or below its public prefix. */
function hasMount(path: string, mount: Mount): boolean {
  const { id, mode, plainPath = mount.path } = mount
  const plugin = `/plugins/${id}`
  const at = path.indexOf(`${plugin}/`)
  if (at === -1) return false
  const before = path.slice(0, at)
  const base = mode === 'own' ? plainPath : plainPath.slice(0, -plugin.length)
  return before === base || (before.startsWith(`${base}/`) && !before.includes('/', base.length + 1))
}

/** The page that led here, as the plugin sees it in its header: it may be one of its own, or of the application. */
function isReferer(value: string, { mount, request }: AddressFacts): boolean {
  const sent = headerOf(request, 'referer')
  return sent !== undefined && (value === sent || value === refererFor(sent, mount))
}

/** "/plugins/hello/api" without a slash: for the plugin it is "/", but browsers resolve what is relative from "/plugins/hello/". */
function isBareMount(url: string, mount: Mount): boolean {
  return url.split('?', 1)[0] === `${mount.path}/api` || url.split('?', 1)[0] === publicPrefix(mount)
}

function belowBackend(value: string, { origin, path }: Mount): string {
  const url = URL.parse(value, `${origin}${path}/api/`)
  return url === null || url.origin !== origin ? value : url.pathname + url.search + url.hash
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    // Not JSON: the value is the plugin's, and passes as it is.
    return undefined
  }
}
