// Where a visitor who is not known signs in, and is led back from.
// Invariant: only a browser that shows a page of its own is led there; programs, scripts and frames are refused.

import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { type Mount, PLUGINS } from '../exchange/mount.ts'

/** The address to redirect to; undefined for a request that is to be refused. */
export type SignInAddress = (request: PluginRequest, mount: Mount) => string | undefined

export const SIGN_IN = '/sign-in'

export const signInAddress: SignInAddress = (request, mount) => {
  if (request.method !== 'GET' || request.socket !== undefined || !isShown(request)) return undefined
  const to = new URLSearchParams({ to: mount.mode === 'own' ? pathOnShell(request.url, mount) : request.url })
  return `${mount.shell}${SIGN_IN}?${to}`
}

/** In a tab of its own. Browsers say so at trustworthy addresses only; no script sends this Accept by itself. */
function isShown(request: PluginRequest): boolean {
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
