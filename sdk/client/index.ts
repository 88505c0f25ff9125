// plugbay/client: what a plugin's page needs to talk to its own backend, wherever the page is shown.
// Invariant: importing it only reads the page, so that bundlers may drop it; the library for messages is dropped with messages().

import { type Messages, type MessagesAnswer, messagesFrom } from './messages.ts'
import { uploadInParts } from './resumable-upload.ts'
import {
  type CallOptions,
  type ConfirmOptions,
  createShell,
  type Shell,
  type ShellEvents,
  type Theme,
  tokenOfShell,
} from './shell.ts'
import type { NoticeKind } from './shell-messages.ts'
import { createStorage, type PageStorage } from './storage.ts'
import { sendWithProgress, type UploadOptions } from './upload.ts'

export type { MessageValues } from '../messages/catalog.ts'
export type { Translate } from '../messages/translator.ts'
export { type BundleContext, type BundleDefinition, defineBundle, type Mount } from './bundle.ts'
export type { Messages } from './messages.ts'
export {
  CallError,
  type CallOptions,
  type ConfirmOptions,
  type Shell,
  type ShellEvents,
  type Theme,
} from './shell.ts'
export type { NoticeKind, ShellPage } from './shell-messages.ts'
export type { PageStorage } from './storage.ts'
export type { UploadOptions, UploadProgress } from './upload.ts'

/** What the client reads from its page. */
export interface PageView {
  /** Serialised origin; "null" for an opaque one (see mountOf). */
  readonly origin: string
  /** Address of the page. */
  readonly href: string
  /** Content of `<meta name="plugbay-token">`, where the script of the page puts each new one; null when the page has none. */
  readonly token: string | null
  /** Content of `<meta name="plugbay-language">`; null for a page that is not translated. */
  readonly language?: string | null
}

export interface Client {
  /** The path prefix of the plugin, without a trailing slash: "", "/plugins/hello", "/fr/plugins/hello". */
  readonly mount: string
  /**
   * `fetch()` of the plugin's own backend: the backend sees `api('/entries')` as "/entries".
   * Adds the page token when the page has one. Rejects as `fetch()` does. A 401 means that the page has been asleep for longer
   * than its token lasts: reload it.
   * @throws TypeError for a path outside the backend
   */
  api(path: string, init?: RequestInit): Promise<Response>
  /**
   * Sends a file to the plugin's own backend and says how far it is; `env.files.put(key, request.body)` keeps it there.
   * Resolves with the answer, whatever its status. Rejects with a TypeError for a path outside the backend and when the connection
   * is lost, and with the reason of `signal`. With `resumable` it goes on after that, and rejects when ten attempts in a row brought
   * nothing; the signal also removes what has arrived.
   */
  upload(path: string, content: Blob | BufferSource, options?: UploadOptions): Promise<Response>
  /**
   * Opens a WebSocket to the plugin's own backend and returns it while it connects. Takes longer than a moment only after the
   * machine was asleep for long. Its `protocol` is "plugbay" when the backend chooses none of `protocols`.
   * Rejects with a TypeError for a path outside the backend, and with whatever the WebSocket constructor throws.
   */
  socket(path: string, protocols?: readonly string[]): Promise<WebSocket>
  /**
   * The plugin's messages in the language of the page, or in that of its visitor. Loaded once. Rejects as `fetch()` does, and with an
   * Error for an answer without messages; the next call tries again.
   */
  messages(): Promise<Messages>
  /** The address of this page in another language of the host; its own where pages are not translated. */
  inLanguage(language: string): string
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
 * Where the plugin is mounted: at the root of an origin of its own, behind the language of a translated page. A page below the server's own origin is sandboxed and has
 * the origin "null"; its URL holds `/plugins/<id>/`, after the base path of the server.
 */
export function mountOf({ origin, href, language }: Omit<PageView, 'token'>): string {
  if (origin !== 'null') return language == null ? '' : `/${language}`
  const match = /^(?:\/[^/]+)*?\/plugins\/[a-z][a-z0-9-]*(?=\/|$)/.exec(new URL(href).pathname)
  return match?.[0] ?? ''
}

/** A client for a page. `api` and `mount` of this module belong to the page that loads it. */
export function createClient(page: PageView): Client {
  const mount = mountOf(page)
  let token = page.token
  let seen = token
  // The page was made before this script ran, so its token may be a little older than this.
  let since = Date.now()
  let renewing: Promise<void> | undefined

  const keep = (renewed: string | null): void => {
    token = renewed
    since = Date.now()
  }
  const isStale = (): boolean => {
    if (page.token !== seen) keep(page.token)
    seen = page.token
    return Date.now() - since > STALE_MS
  }
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
    if (response?.ok === true) return keep(((await response.json()) as { readonly token: string }).token)
    const given = await tokenOfShell()
    if (given !== undefined) keep(given)
  }
  if (token !== null) setInterval(renew, RENEW_MS)

  const urlOf = (path: string): URL => {
    const root = new URL(`${mount}/api/`, page.href)
    const url = new URL(`${root.href}${path.replace(/^\//, '')}`)
    if (!url.pathname.startsWith(root.pathname)) throw new TypeError(`"${path}" is not a path of the backend`)
    return url
  }

  let loading: Promise<Messages> | undefined
  const load = async (): Promise<Messages> => {
    if (token !== null && isStale()) await renew()
    const headers: Record<string, string> = token === null ? {} : { [HEADER]: token }
    const response = await fetch(new URL(`${mount}/.plugbay/messages`, page.href), { headers })
    if (!response.ok) throw new Error(`The messages were answered with ${response.status}`)
    return messagesFrom((await response.json()) as MessagesAnswer)
  }

  return {
    mount,
    messages() {
      loading ??= load().catch((error: unknown) => {
        loading = undefined
        throw error
      })
      return loading
    },
    inLanguage(language) {
      if (page.language == null) return page.href
      const url = new URL(page.href)
      const own = `/${page.language}`
      const at = mount === own ? 0 : mount.lastIndexOf(`${own}/plugins/`)
      url.pathname = `${mount.slice(0, at)}/${language}${url.pathname.slice(at + own.length)}`
      return url.href
    },
    async api(path, init = {}) {
      const url = urlOf(path)
      if (token === null) return await fetch(url, init)
      // Timers pause while a machine sleeps.
      if (isStale()) await renew()
      const headers = new Headers(init.headers)
      headers.set(HEADER, token)
      return await fetch(url, { ...init, headers })
    },
    async upload(path, content, options = {}) {
      const url = urlOf(path)
      const prepare = async () => {
        if (token !== null && isStale()) await renew()
      }
      if (options.resumable === true) {
        const blob = content instanceof Blob ? content : new Blob([content])
        return await uploadInParts({ url, content: blob, options, prepare })
      }
      await prepare()
      return await sendWithProgress(url, content, options)
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
  const language = document.querySelector<HTMLMetaElement>('meta[name="plugbay-language"]')
  return createClient({
    origin: self.origin,
    href: location.href,
    get token() {
      return meta?.content ?? null
    },
    language: language?.content ?? null,
  })
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
 * See Client.upload.
 * @example
 * const [photo] = input.files
 * await upload('/photos/1', photo, { onProgress: ({ sent, total }) => { bar.value = sent / total } })
 */
export function upload(
  path: string,
  content: Blob | BufferSource,
  options?: UploadOptions,
): Promise<Response> {
  if (page === undefined) return Promise.reject(new TypeError('plugbay/client works in a page only'))
  return page.upload(path, content, options)
}

/**
 * See Client.socket.
 * @example
 * const chat = await socket('/chat')
 * chat.addEventListener('open', () => chat.send('Hello'))
 * chat.addEventListener('message', ({ data }) => show(data))
 */
export function socket(path: string, protocols?: readonly string[]): Promise<WebSocket> {
  if (page === undefined) return Promise.reject(new TypeError('plugbay/client works in a page only'))
  return page.socket(path, protocols)
}

/**
 * See Client.messages.
 * @example
 * const { t, dir } = await messages()
 * heading.textContent = t('entries.count', { count: 3 })
 */
export function messages(): Promise<Messages> {
  if (page === undefined) return Promise.reject(new TypeError('plugbay/client works in a page only'))
  return page.messages()
}

/** See Client.inLanguage; "" without a page. */
export function inLanguage(language: string): string {
  return page?.inLanguage(language) ?? ''
}

const shell: Shell = /* @__PURE__ */ createShell({ mount, api })

/**
 * See Shell.call.
 * @example
 * const entry = await call<Entry>('/entries', { json: { text: 'Hello' } })
 */
export function call<Result = unknown>(path: string, options?: CallOptions): Promise<Result> {
  return shell.call<Result>(path, options)
}

/** See Shell.inShell. */
export function inShell(): Promise<boolean> {
  return shell.inShell()
}

/** See Shell.navigate. */
export function navigate(...[to, options]: Parameters<Shell['navigate']>): Promise<void> {
  return shell.navigate(to, options)
}

/** See Shell.notify. */
export function notify(text: string, kind?: NoticeKind): Promise<boolean> {
  return shell.notify(text, kind)
}

/** See Shell.confirm. */
export function confirm(text: string, options?: ConfirmOptions): Promise<boolean> {
  return shell.confirm(text, options)
}

/** See Shell.download. */
export function download(source: Blob | string, name: string): Promise<void> {
  return shell.download(source, name)
}

/** See Shell.theme. */
export function theme(): Promise<Theme> {
  return shell.theme()
}

/** See Shell.onEvent. */
export function onEvent<Name extends keyof ShellEvents>(
  name: Name,
  listener: (data: ShellEvents[Name]) => void,
): () => void {
  return shell.onEvent(name, listener)
}

/** See PageStorage. */
export const storage: PageStorage = /* @__PURE__ */ createStorage()
