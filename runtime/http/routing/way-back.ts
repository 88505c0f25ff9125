// Where a browser is led from a page or a route whose visitor is not known, and back from: it may be signed in all the same. Browsers
// withhold the session from what another site leads to, and a sandboxed page is one to them, when it reloads itself or follows a link.
// Invariant: only a browser that shows a page of its own is led there; programs, scripts and frames are refused.

import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { type Mount, PLUGINS } from '../exchange/mount.ts'

/** The address to redirect to; undefined for a request that is to be refused. */
export type WayBack = (request: PluginRequest, mount: Mount) => string | undefined

const SIGN_IN = '/sign-in'

/** Where visitors sign in at the runtime. */
export const signInAddress: WayBack = (request, mount) =>
  isShown(request) ? address(SIGN_IN, request, mount) : undefined

/** Where they do not (return-page.ts). On an origin of a plugin's own they are known by a cookie that our origin gives again. */
export const returnAddress: WayBack = (request, mount) => {
  const hasBroughtAll = mount.mode === 'opaque' && beginning(headerOf(request, 'sec-fetch-site')) === 'here'
  return isShown(request) && !hasBroughtAll ? address(PLUGINS, request, mount) : undefined
}

/**
 * Where a navigation began, by Sec-Fetch-Site: `here` by the reader or a page of this origin, `elsewhere` by another site. Browsers say so
 * at trustworthy addresses only.
 */
export function beginning(site: string | undefined): 'here' | 'elsewhere' | 'unknown' {
  if (site === undefined) return 'unknown'
  return site === 'none' || site === 'same-origin' ? 'here' : 'elsewhere'
}

/** A parameter: our own page has led here, so the browser has brought all that it has. */
export const AGAIN = 'again'

function address(path: string, { url }: PluginRequest, mount: Mount): string {
  const to = new URLSearchParams({ to: mount.mode === 'own' ? pathOnShell(url, mount) : url })
  return `${mount.shell}${path}?${to}`
}

/** In a tab of its own. Browsers say so at trustworthy addresses only; no script sends this Accept by itself. */
function isShown(request: PluginRequest): boolean {
  if (request.method !== 'GET' || request.socket !== undefined) return false
  const mode = headerOf(request, 'sec-fetch-mode')
  const destination = headerOf(request, 'sec-fetch-dest')
  if (mode !== undefined || destination !== undefined)
    return mode === 'navigate' && destination === 'document'
  return (
    (headerOf(request, 'accept') ?? '').includes('text/html') &&
    headerOf(request, 'authorization') === undefined
  )
}

/** The same page on the origin where visitors sign in. */
function pathOnShell(url: string, { id, path, shell, shellOrigin }: Mount): string {
  const basePath = shell.slice(shellOrigin.length)
  const prefix = `${PLUGINS}${id}`
  return basePath + (url.startsWith(`${prefix}/`) ? url : `${path}${prefix}${url.slice(path.length)}`)
}
