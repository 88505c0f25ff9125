// Security headers of a plugin's responses: on our own origin everything of a plugin is sandboxed.
// Invariant: every response below a plugin's prefix has them, errors and 304s too; a plugin cannot remove or change them.

import { FORMS } from '../../../sdk/manifest/names.ts'
import type { Mount } from '../exchange/mount.ts'

const PLAIN_ORIGIN = new RegExp(FORMS.origin.pattern)

type PageMount = Pick<Mount, 'mode' | 'path' | 'plainPath' | 'shellOrigin' | 'isHidden'>

// No allow-same-origin: it would hand the admin's cookie to the plugin. What a popup shows has the rights of its own address: this
// policy where it is the plugin's, and for another site those that any link gives it (SECURITY.md).
const SANDBOX =
  'sandbox allow-scripts allow-forms allow-downloads allow-modals allow-popups allow-popups-to-escape-sandbox'

/**
 * The Content-Security-Policy of every response of a plugin.
 * @param network origins that the plugin was granted
 */
export function contentSecurityPolicy(
  { mode, path, plainPath, shellOrigin }: PageMount,
  network: readonly string[],
): string {
  // On our origin 'self' would include every plugin and the admin API: name the plugin's own path instead.
  const paths = plainPath === undefined ? [path] : [path, plainPath]
  const own = mode === 'own' ? "'self'" : paths.map((each) => `${shellOrigin}${pathSource(each)}/`).join(' ')
  const sources = [own, ...network.filter(isOrigin)].join(' ')
  const ancestors = mode === 'own' ? `'self' ${shellOrigin}` : shellOrigin
  const directives = [
    "default-src 'none'",
    `script-src ${sources} 'unsafe-inline' 'wasm-unsafe-eval'`,
    `style-src ${sources} 'unsafe-inline'`,
    `img-src ${sources} data: blob:`,
    `font-src ${sources} data:`,
    `media-src ${sources} data: blob:`,
    // A source of http does not match ws unless it is 'self' (CSP 3, 6.7.2.8).
    `connect-src ${sources}${mode === 'own' ? '' : ` ${own.replaceAll(/(?<=^| )http/g, 'ws')}`} data: blob:`,
    `worker-src ${own} blob:`,
    `frame-src ${own} blob:`,
    `manifest-src ${own}`,
    `form-action ${own}`,
    `base-uri ${own}`,
    `frame-ancestors ${ancestors}`,
  ]
  if (mode === 'opaque') directives.push(SANDBOX)
  return directives.join('; ')
}

/** The headers of every response below a plugin's prefix: pages, assets, API responses, errors and 304s. Flat. */
export function pluginHeaders(mount: PageMount, network: readonly string[]): string[] {
  const headers = [
    'content-security-policy',
    contentSecurityPolicy(mount, network),
    'x-content-type-options',
    'nosniff',
    // A URL may hold a ticket, and other sites need not know who embeds them.
    'referrer-policy',
    mount.mode === 'own' ? 'same-origin' : 'no-referrer',
  ]
  // Scripts and elements do not care; what a tab or a frame opens becomes a download, whatever replaces the policy on the way.
  if (mount.isHidden === true) headers.push('content-disposition', 'attachment')
  return headers
}

/** A ";" or "," would end the directive or the policy. */
function pathSource(path: string): string {
  return path.replaceAll(';', '%3B').replaceAll(',', '%2C')
}

/** Grants have been checked; what an older version has stored may still hold a wildcard, or end the directive. */
function isOrigin(value: string): boolean {
  return PLAIN_ORIGIN.test(value) && URL.parse(value)?.origin === value.toLowerCase()
}
