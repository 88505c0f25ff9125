// plugbay/client: what a plugin's page needs to talk to its own backend, wherever the page is shown.
// Invariant: no dependencies, and importing it only reads the page, so that bundlers may drop it.

/** What the client reads from its page. */
export interface PageView {
  /** Serialised origin; "null" for an opaque one (see mountOf). */
  readonly origin: string
  /** Address of the page. */
  readonly href: string
  /** Content of `<meta name="plugbay-token">`; null when the page has none. */
  readonly token: string | null
}

export interface Client {
  /** The path prefix of the plugin, without a trailing slash: "" or "/plugins/hello". */
  readonly mount: string
  /**
   * `fetch()` of the plugin's own backend: the backend sees `api('/entries')` as "/entries".
   * Adds the page token when the page has one. Rejects as `fetch()` does. A 401 means that the page has been asleep for longer
   * than its token lasts: reload it.
   * @throws TypeError for a path outside the backend
   */
  api(path: string, init?: RequestInit): Promise<Response>
  /**
   * Opens a WebSocket to the plugin's own backend and returns it while it connects. Takes longer than a moment only after the
   * machine was asleep for long. Its `protocol` is "plugbay" when the backend chooses none of `protocols`.
   * Rejects with a TypeError for a path outside the backend, and with whatever the WebSocket constructor throws.
   */
  socket(path: string, protocols?: readonly string[]): Promise<WebSocket>
}

const HEADER = 'plugbay-token'
/** The list of sub-protocols is the only header of a WebSocket that a page can set, so the token travels there. */
const PROTOCOL = 'plugbay'
const TOKEN_PROTOCOL = 'plugbay-token.'
/** A token is valid for ten minutes, which leaves three attempts to renew it. */
const RENEW_MS = 3 * 60_000
/** A token older than this is renewed before it is used. */
const STALE_MS = 5 * 60_000

/**
 * Where the plugin is mounted: at the root of an origin of its own. A page below the server's own origin is sandboxed and has
 * the origin "null"; its URL holds `/plugins/<id>/`, after the base path of the server.
 */
export function mountOf({ origin, href }: Pick<PageView, 'origin' | 'href'>): string {
  if (origin !== 'null') return ''
  const match = /^(?:\/[^/]+)*?\/plugins\/[a-z][a-z0-9-]*(?=\/|$)/.exec(new URL(href).pathname)
  return match?.[0] ?? ''
}

/** A client for a page. `api` and `mount` of this module belong to the page that loads it. */
export function createClient(page: PageView): Client {
  const mount = mountOf(page)
  let token = page.token
  // The page was made before this script ran, so its token may be a little older than this.
  let since = Date.now()
  let renewing: Promise<void> | undefined

  const isStale = (): boolean => Date.now() - since > STALE_MS
  const renew = (): Promise<void> => {
    renewing ??= fetchToken().finally(() => {
      renewing = undefined
    })
    return renewing
  }
  const fetchToken = async (): Promise<void> => {
    if (token === null) return
    // Without a response the old token may still be valid; the next interval retries.
    const response = await fetch(new URL(`${mount}/.plugbay/token`, page.href), {
      method: 'POST',
      headers: { [HEADER]: token },
    }).catch(() => undefined)
    if (response?.ok !== true) return
    const answer = (await response.json()) as { readonly token: string }
    token = answer.token
    since = Date.now()
  }
  if (token !== null) setInterval(renew, RENEW_MS)

  const urlOf = (path: string): URL => {
    const root = new URL(`${mount}/api/`, page.href)
    const url = new URL(`${root.href}${path.replace(/^\//, '')}`)
    if (!url.pathname.startsWith(root.pathname)) throw new TypeError(`"${path}" is not a path of the backend`)
    return url
  }

  return {
    mount,
    async api(path, init = {}) {
      const url = urlOf(path)
      if (token === null) return await fetch(url, init)
      // Timers pause while a machine sleeps.
      if (isStale()) await renew()
      const headers = new Headers(init.headers)
      headers.set(HEADER, token)
      return await fetch(url, { ...init, headers })
    },
    async socket(path, protocols = []) {
      const url = urlOf(path)
      url.protocol = url.protocol.replace('http', 'ws')
      if (token === null) return new WebSocket(url, [PROTOCOL, ...protocols])
      if (isStale()) await renew()
      return new WebSocket(url, [PROTOCOL, `${TOKEN_PROTOCOL}${token}`, ...protocols])
    },
  }
}

/** Undefined without a page, as in a test or on a server. */
function openPage(): Client | undefined {
  if (typeof document === 'undefined') return undefined
  const meta = document.querySelector<HTMLMetaElement>('meta[name="plugbay-token"]')
  return createClient({ origin: self.origin, href: location.href, token: meta?.content ?? null })
}

const page = /* @__PURE__ */ openPage()

/** See Client.mount; "" without a page. */
export const mount: string = page?.mount ?? ''

/**
 * See Client.api.
 * @example
 * const response = await api('/entries', { method: 'POST', body: JSON.stringify({ text: 'Hello' }) })
 */
export function api(path: string, init?: RequestInit): Promise<Response> {
  if (page === undefined) return Promise.reject(new TypeError('plugbay/client works in a page only'))
  return page.api(path, init)
}

/**
 * See Client.socket.
 * @example
 * const chat = await socket('/chat')
 * chat.addEventListener('message', ({ data }) => show(data))
 */
export function socket(path: string, protocols?: readonly string[]): Promise<WebSocket> {
  if (page === undefined) return Promise.reject(new TypeError('plugbay/client works in a page only'))
  return page.socket(path, protocols)
}
