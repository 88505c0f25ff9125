// Adds the page token to what a page sends to its own plugin, so that plain fetch('api/…') works on every address. Runs in the browser.
// Invariant: the token goes to the API and the reserved paths of this plugin only, in a header or a sub-protocol, never in a URL.
// addCredentials() uses only its arguments and the browser, because pages get its source text (page-script.ts).

export interface PageFacts {
  /** Path prefix of the plugin: "/plugins/hello", or "" on an origin of its own. */
  readonly mount: string
  /** Whether it was served to be sandboxed. */
  readonly isOpaque: boolean
}

interface Renewed {
  readonly token: string
}

/** sdk/client/frame/connection.ts, as far as it is needed here. */
interface Asked {
  ask(question: { readonly ask: 'token' }): Promise<unknown>
}

export function addCredentials(
  { mount, isOpaque }: PageFacts,
  eventSourceOver: (send: typeof fetch) => unknown,
  fetchContents: (send: typeof fetch, isOurs: (url: URL | null) => boolean) => void,
): void {
  const script = document.currentScript
  const meta = script?.previousElementSibling
  script?.remove()
  if (isOpaque && self.origin !== 'null') {
    // The policy that sandboxes it was lost on the way: no script of the plugin may run with the rights of this origin.
    window.stop()
    document.documentElement.innerHTML = '<p>This page was stopped: it arrived without its sandbox.</p>'
    return
  }
  if (!(meta instanceof HTMLMetaElement)) return
  const HEADER = 'plugbay-token'
  /** A token of a user lasts ten minutes, which leaves three attempts to renew it. */
  const RENEW_MS = 180_000
  const STALE_MS = 300_000
  const { fetch: nativeFetch, WebSocket: NativeSocket } = window
  const nativeBeacon = navigator.sendBeacon
  const nativeOpen = XMLHttpRequest.prototype.open
  // The serialised origin of a sandboxed page is "null".
  const { origin } = new URL(location.href)
  let token = meta.content
  let since = Date.now()
  let renewing: Promise<void> | undefined

  function urlOf(address: unknown): URL | null {
    return URL.parse(String(address), document.baseURI)
  }

  function isOurs(url: URL | null): boolean {
    if (url === null || url.origin !== origin || !url.pathname.startsWith(`${mount}/`)) return false
    return /^\/(api|\.plugbay)(\/|$)/.test(url.pathname.slice(mount.length))
  }

  async function fetchToken(): Promise<void> {
    // Without an answer the old one may still be valid; the next attempt follows.
    const response = await nativeFetch(`${origin}${mount}/.plugbay/token`, {
      method: 'POST',
      headers: { [HEADER]: token },
    }).catch(() => undefined)
    const renewed = response?.ok === true ? ((await response.json()) as Renewed).token : await ofShell()
    if (renewed === undefined) return
    token = renewed
    since = Date.now()
    // plugbay/client reads it there.
    if (meta instanceof HTMLMetaElement) meta.content = token
  }

  /** The shell around a page gets a new one for who is signed in, however long the page has slept. */
  async function ofShell(): Promise<string | undefined> {
    const shell = (window as unknown as Readonly<Record<symbol, Asked | undefined>>)[
      Symbol.for('plugbay.shell')
    ]
    const given = await shell?.ask({ ask: 'token' }).catch(() => undefined)
    return typeof given === 'string' ? given : undefined
  }

  function renew(): Promise<void> {
    renewing ??= fetchToken().finally(() => {
      renewing = undefined
    })
    return renewing
  }

  function renewIfStale(): void {
    if (Date.now() - since > STALE_MS) void renew()
  }

  async function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    if (!isOurs(urlOf(input instanceof Request ? input.url : input))) return nativeFetch(input, init)
    const request = new Request(input, init)
    // plugbay/client adds and renews its own.
    if (request.headers.has(HEADER)) return nativeFetch(request)
    // Timers pause while a machine sleeps.
    if (Date.now() - since > STALE_MS) await renew()
    request.headers.set(HEADER, token)
    return nativeFetch(request)
  }

  class PageSocket extends NativeSocket {
    readonly #hidesOurs: boolean

    constructor(address: string | URL, protocols: string | string[] = []) {
      const url = urlOf(address)
      const theirs = [protocols].flat()
      const isMine = isOurs(url && URL.parse(url.href.replace(/^ws/, 'http')))
      const adds = isMine && !theirs.some((name) => name.startsWith(`${HEADER}.`))
      super(address, adds ? ['plugbay', `${HEADER}.${token}`, ...theirs] : protocols)
      this.#hidesOurs = adds
    }

    override get protocol(): string {
      const chosen = super.protocol
      return this.#hidesOurs && chosen === 'plugbay' ? '' : chosen
    }
  }

  Object.assign(window, { fetch: send, WebSocket: PageSocket, EventSource: eventSourceOver(send) })
  XMLHttpRequest.prototype.open = function open(this: XMLHttpRequest, ...args: unknown[]): void {
    Reflect.apply(nativeOpen, this, args)
    if (isOurs(urlOf(args[1]))) this.setRequestHeader(HEADER, token)
  }
  navigator.sendBeacon = (url, data) => {
    if (!isOurs(urlOf(url))) return nativeBeacon.call(navigator, url, data)
    // A beacon carries no header; who sends one does not wait for the answer.
    send(url, { method: 'POST', body: data ?? null, keepalive: true }).catch(() => undefined)
    return true
  }
  if (isOpaque) fetchContents(send, isOurs)
  setInterval(renew, RENEW_MS)
  for (const event of ['pageshow', 'online', 'focus']) addEventListener(event, renewIfStale)
}
