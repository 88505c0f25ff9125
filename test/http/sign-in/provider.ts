// A real OpenID provider on loopback (npm: oidc-provider), whose users sign in by their id alone.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import type { Scope } from '../../support/scope.ts'

export interface TestUser {
  readonly [claim: string]: unknown
}

export interface TestProvider {
  readonly issuer: string
  readonly users: Map<string, TestUser>
  /**
   * Walks through the provider as `user`, as a browser does: from the address that a sign-in leads to, to the one it leads back to.
   */
  signIn(address: string, user: string): Promise<string>
  /** How many requests the provider has had. */
  requests(): number
}

export const CLIENT = { clientId: 'plugbay', clientSecret: 'a-secret-of-the-tests' } as const

export async function openProvider(t: Scope, redirectUri: string): Promise<TestProvider> {
  const users = new Map<string, TestUser>()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [
      { client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, redirect_uris: [redirectUri] },
    ],
    pkce: { required: () => true },
    claims: {
      openid: ['sub', 'groups'],
      email: ['email', 'email_verified'],
      profile: ['preferred_username', 'name'],
    },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ ...users.get(id), sub: id }),
    }),
    cookies: { keys: ['key-of-the-tests'] },
  })
  let count = 0
  const callback = provider.callback()
  server.on('request', (request, response) => {
    count += 1
    void callback(request, response)
  })

  /** Follows redirects with the cookies of the provider, until one leads elsewhere. */
  async function signIn(address: string, user: string): Promise<string> {
    const cookies = new Map<string, string>()
    const ask = async (url: string, body?: Readonly<Record<string, string>>): Promise<Response> => {
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(body !== undefined && { method: 'POST', body: new URLSearchParams(body) }),
      })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      return response
    }
    let url = address
    for (let step = 0; step < 20; step++) {
      if (!url.startsWith(issuer)) return url
      let response = await ask(url)
      if (response.status === 200) {
        // The provider's own development forms: first who it is, then whether it agrees.
        const html = await response.text()
        const action = /action="([^"]+)"/.exec(html)?.[1] ?? ''
        const prompt = html.includes('value="login"') ? 'login' : 'consent'
        response = await ask(new URL(action, issuer).href, { prompt, login: user, password: 'any' })
      }
      const location = response.headers.get('location')
      if (location === null)
        throw new Error(`The provider answered ${response.status}: ${await response.text()}`)
      url = new URL(location, issuer).href
    }
    throw new Error('The provider does not lead back')
  }
  return { issuer, users, signIn, requests: () => count }
}

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
