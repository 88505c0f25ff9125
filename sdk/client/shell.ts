// What a page can ask of the shell around it. A page that is opened by itself has the nearest thing that a browser offers.
// Invariant: nothing here needs the shell in order to be imported, or to be called.

import type { ShellConnection } from './frame/connection.ts'
import {
  type NoticeKind,
  SHELL_KEY,
  type ShellFacts,
  type ShellMessage,
  type ShellPage,
} from './shell-messages.ts'

/** How the page should look, and for whom. */
export type Theme = ShellFacts

/** Of `onEvent()`. */
export interface ShellEvents {
  /** Colours, language or user have changed. */
  readonly theme: Theme
  /** A value of `storage` was changed, here or in another window: its key. */
  readonly storage: string
}

export interface ConfirmOptions {
  /** On the button that does it; at most 40 characters. */
  readonly label?: string
  /** Shows the button as one that destroys something. */
  readonly danger?: boolean
}

export interface CallOptions extends Omit<RequestInit, 'body'> {
  /** Sent as JSON, by POST unless `method` says otherwise. */
  readonly json?: unknown
}

/** An answer of the backend with a status of a failure. */
export class CallError extends Error {
  readonly status: number
  /** Of a problem document: `code`; else null. */
  readonly code: string | null
  /** The body: parsed if it was JSON, else text. */
  readonly body: unknown

  constructor(status: number, body: unknown) {
    const { title, detail, code } = (typeof body === 'object' && body !== null ? body : {}) as ProblemFields
    super(detail ?? title ?? `The backend answered with ${status}`)
    this.name = 'CallError'
    this.status = status
    this.code = code ?? null
    this.body = body
  }
}

interface ProblemFields {
  readonly title?: string
  readonly detail?: string
  readonly code?: string
}

/** What the functions need of the page. */
export interface ShellPageParts {
  readonly mount: string
  api(path: string, init?: RequestInit): Promise<Response>
}

export interface Shell {
  /** Whether the page is shown in the shell. */
  inShell(): Promise<boolean>
  /**
   * JSON of the plugin's own backend. Without a body, the result is undefined.
   * Rejects with a CallError for the status of a failure, else as `fetch()` does.
   */
  call<Result = unknown>(path: string, options?: CallOptions): Promise<Result>
  /** Opens a page of the plugin ("/entries/3"), or one of the shell. Rejects for one of the shell where there is none. */
  navigate(
    to: string | { readonly shell: ShellPage },
    options?: { readonly replace?: boolean },
  ): Promise<void>
  /** Shows a short message with the name of the plugin, at most 500 characters. False where there is no shell to show it. */
  notify(text: string, kind?: NoticeKind): Promise<boolean>
  /** Asks the reader, with the name of the plugin above the question. */
  confirm(text: string, options?: ConfirmOptions): Promise<boolean>
  /** Saves a blob, or what the backend answers at a path, as a file. Rejects as `call()` does. */
  download(source: Blob | string, name: string): Promise<void>
  theme(): Promise<Theme>
  /** Returns how to end it. */
  onEvent<Name extends keyof ShellEvents>(name: Name, listener: (data: ShellEvents[Name]) => void): () => void
}

function connection(): ShellConnection | undefined {
  return (globalThis as Readonly<Record<symbol, unknown>>)[SHELL_KEY] as ShellConnection | undefined
}

/** Undefined without a shell. */
export async function connectedShell(): Promise<ShellConnection | undefined> {
  const found = connection()
  return found !== undefined && (await found.welcome) !== null ? found : undefined
}

/** A new page token for the signed-in user; undefined without a shell, and after a sign-out. */
export async function tokenOfShell(): Promise<string | undefined> {
  const given = await connection()
    ?.ask({ ask: 'token' })
    .catch(() => undefined)
  return typeof given === 'string' ? given : undefined
}

export function createShell({ mount, api }: ShellPageParts): Shell {
  return {
    inShell: async () => (await connectedShell()) !== undefined,
    async call<Result>(path: string, { json, headers, ...rest }: CallOptions = {}) {
      const sent = new Headers(headers)
      sent.set('accept', 'application/json')
      const init: RequestInit = { ...rest, headers: sent }
      if (json !== undefined) {
        sent.set('content-type', 'application/json')
        init.method ??= 'POST'
        init.body = JSON.stringify(json)
      }
      return (await bodyOf(await api(path, init))) as Result
    },
    async navigate(to, { replace = false } = {}) {
      const found = await connectedShell()
      if (typeof to !== 'string') {
        if (found === undefined) throw new Error('The page is not shown in the shell')
        await found.ask({ ask: 'navigate', to: to.shell })
        return
      }
      const path = to.startsWith('/') ? to : `/${to}`
      if (found !== undefined) found.open(path, replace)
      else location[replace ? 'replace' : 'assign'](mount + path)
    },
    async notify(text, kind = 'info') {
      const found = await connectedShell()
      await found?.ask({ ask: 'notify', text, kind })
      return found !== undefined
    },
    async confirm(text, { label, danger = false } = {}) {
      const found = await connectedShell()
      if (found === undefined) return globalThis.confirm(text)
      return (await found.ask({ ask: 'confirm', text, label: label ?? null, danger })) === true
    },
    async download(source, name) {
      const blob = typeof source === 'string' ? await (await succeeded(await api(source))).blob() : source
      const link = document.createElement('a')
      link.href = URL.createObjectURL(blob)
      link.download = name
      link.click()
      // The browser has begun to read it by then.
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
    },
    theme: async () => (await connection()?.welcome) ?? ownTheme(),
    onEvent(name, listener) {
      const hear = (message: ShellMessage): void => {
        if (name === 'theme' && message.type === 'facts') (listener as (data: Theme) => void)(message.facts)
        if (name === 'storage' && message.type === 'stored') (listener as (key: string) => void)(message.key)
      }
      const found = connection()
      if (found !== undefined) return found.listen(hear)
      if (name !== 'theme') return () => undefined
      const dark = matchMedia('(prefers-color-scheme: dark)')
      const change = (): void => hear({ type: 'facts', facts: ownTheme() })
      dark.addEventListener('change', change)
      return () => dark.removeEventListener('change', change)
    },
  }
}

function ownTheme(): Theme {
  const { lang, dir } = document.documentElement
  return {
    scheme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
    language: lang === '' ? navigator.language : lang,
    dir: dir === 'rtl' ? 'rtl' : 'ltr',
    user: null,
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await (await succeeded(response)).text()
  return text === '' ? undefined : JSON.parse(text)
}

/** Rejects with a CallError. */
async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response
  const text = await response.text()
  let body: unknown = text
  try {
    body = JSON.parse(text)
  } catch {
    // Not JSON: the text says what there is to say.
  }
  throw new CallError(response.status, body)
}
