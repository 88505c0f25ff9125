// The headers that keep a plugin's bytes in their place: on our own origin everything of a plugin is sandboxed.
// Invariant: every answer below a plugin's prefix carries them, errors and 304s too; a plugin cannot remove or change them.

/** `opaque`: below a path of our origin, sandboxed. `own`: on an origin that belongs to this plugin alone. */
export type PageMode = 'own' | 'opaque'

export interface PageContext {
  /** Path of the plugin on its origin, without a slash at its end: "/plugins/hello", "/base/plugins/hello"; "" on its own. */
  readonly mount: string
  /** Origin of the runtime as the visitor reaches it: "http://127.0.0.1:3000". Its pages may frame the plugin's. */
  readonly publicOrigin: string
  /** Origins that the plugin was granted. */
  readonly network: readonly string[]
}

// No allow-same-origin: it would hand the admin's cookie to the plugin. No allow-popups-to-escape-sandbox: a popup stays in too.
const SANDBOX = 'sandbox allow-scripts allow-forms allow-downloads allow-modals allow-popups'

/** The Content-Security-Policy for everything that a plugin shows or answers. */
export function contentSecurityPolicy(mode: PageMode, context: PageContext): string {
  // On our origin 'self' would be every plugin and the admin API: name the plugin's own path instead.
  const own = mode === 'own' ? "'self'" : `${context.publicOrigin}${pathSource(context.mount)}/`
  const sources = [own, ...context.network.filter(isOrigin)].join(' ')
  const ancestors = mode === 'own' ? `'self' ${context.publicOrigin}` : context.publicOrigin
  const directives = [
    "default-src 'none'",
    `script-src ${sources} 'unsafe-inline' 'wasm-unsafe-eval'`,
    `style-src ${sources} 'unsafe-inline'`,
    `img-src ${sources} data: blob:`,
    `font-src ${sources} data:`,
    `media-src ${sources} data: blob:`,
    // A source of http does not match ws where it is not 'self' (CSP 3, 6.7.2.8).
    `connect-src ${sources}${mode === 'own' ? '' : ` ${own.replace(/^http/, 'ws')}`} data: blob:`,
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

/** The headers of every answer below a plugin's prefix: pages, assets, API answers, errors and 304s. Lower-case names. */
export function pluginHeaders(mode: PageMode, context: PageContext): Record<string, string> {
  return {
    'content-security-policy': contentSecurityPolicy(mode, context),
    'x-content-type-options': 'nosniff',
    // An address may hold a ticket, and other sites need not know who embeds them.
    'referrer-policy': mode === 'own' ? 'same-origin' : 'no-referrer',
  }
}

/** A ";" or "," would end the directive or the policy. */
function pathSource(mount: string): string {
  return mount.replaceAll(';', '%3B').replaceAll(',', '%2C')
}

function isOrigin(value: string): boolean {
  const url = URL.parse(value)
  return (
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.origin === value.toLowerCase()
  )
}
