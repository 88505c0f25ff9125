// The answer to a browser that opened the server by a name that it does not answer under: what the operator has to set.
// Invariant: it says the same to everyone, but for the name that the client sent itself, which stands in it as text.

import { isCheckout } from '../../bundles/code-root.ts'
import { ERROR_CODES } from '../../errors.ts'

const MAX_NAME = 100
/** As it can be typed where this server comes from. */
const PROGRAM = isCheckout() ? 'npm run plugbay --' : 'plugbay'

export interface ForeignName {
  /** As in the Host header; undefined when it is not a name at all. */
  readonly host: string | undefined
  /** Whether the server has a public URL, of another name. */
  readonly hasOthers: boolean
}

export function foreignNamePage({ host, hasOthers }: ForeignName): Response {
  const { status, title } = ERROR_CODES.MISDIRECTED
  const shown = host !== undefined && host.length <= MAX_NAME ? host : 'name-or-address-of-this-server'
  const url = asHtml(`http://${shown}`)
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto 0; padding: 0 1rem; color-scheme: light dark }
h1 { font-size: 1.4rem }
code { white-space: nowrap; overflow-x: auto; display: block; padding: 0.5rem; border: 1px solid #8888 }
</style>
</head>
<body>
<h1>${title}</h1>
<p>Plugbay runs here, and answers only under its own address, so that no other site can point a name at it.</p>
<p>If you run this server and this is its address${hasOthers ? ', too' : ''}, start it with</p>
<code>${PROGRAM} serve --public-url${hasOthers ? 's' : ''} ${url}</code>
<p>or set the variable</p>
<code>PLUGBAY_PUBLIC_URL${hasOthers ? 'S' : ''}=${url}</code>
<p>with <code style="display: inline; border: 0; padding: 0">https</code> where a proxy in front has a certificate. On the machine itself,
localhost always works.</p>
</body>
</html>
`
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    vary: 'Accept',
  }
  return new Response(page, { status, headers })
}

function asHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
