// A browser without scripts, as far as forms and cookies go: it keeps cookies, names its origin, and comes from an address.

import type { Hono } from 'hono'

export const ORIGIN = 'http://127.0.0.1:3000'
/** Passwords that cost a thousandth of the usual. */
export const CHEAP = { passwordCost: { logN: 8, r: 8, p: 1 } } as const
export const PASSWORD = 'tangerine umbrella 7'

export interface FormBrowserOptions {
  /** The other end of its connection. */
  readonly address?: string
  readonly origin?: string
}

export class FormBrowser {
  readonly cookies = new Map<string, string>()
  readonly #app: Hono
  readonly #address: string
  readonly origin: string

  constructor(app: Hono, { address = '192.0.2.1', origin = ORIGIN }: FormBrowserOptions = {}) {
    this.#app = app
    this.#address = address
    this.origin = origin
  }

  /** Another browser, with copies of the cookies. */
  copy(options: FormBrowserOptions = {}): FormBrowser {
    const made = new FormBrowser(this.#app, { address: this.#address, origin: this.origin, ...options })
    for (const [name, value] of this.cookies) made.cookies.set(name, value)
    return made
  }

  /** A navigation that the reader begins. */
  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return await this.#send(path, {
      headers: { accept: 'text/html', 'sec-fetch-site': 'none', ...headers },
    })
  }

  /** Sends a form of this origin. */
  async post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const type = 'application/x-www-form-urlencoded'
    return await this.#send(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { accept: 'text/html', origin: this.origin, 'content-type': type, ...headers },
    })
  }

  signIn(name: string, password = PASSWORD, to = '/'): Promise<Response> {
    return this.post('/sign-in', { name, password, to })
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    // Browsers name it at trustworthy addresses only.
    if (headers.get('sec-fetch-site') === '') headers.delete('sec-fetch-site')
    if (this.cookies.size > 0)
      headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const request = new Request(this.origin + path, { ...init, headers })
    const env = { incoming: { socket: { remoteAddress: this.#address } } }
    const response = await this.#app.fetch(request, env)
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }
}

/** Where a page leads at once, without a redirect. */
export async function leadsTo(response: Response): Promise<string | undefined> {
  const address = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(await response.text())?.[1]
  return response.status === 200 ? address?.replaceAll('&amp;', '&') : undefined
}
