// The OpenID provider: what it says of itself, where it signs people in, and whom it has signed in. The only user of openid-client,
// which is loaded by the first sign-in.

import { readFile } from 'node:fs/promises'
import type { Configuration } from 'openid-client'
import type { OidcConfig } from '../../../config/sign-in-config.ts'
import { isProtected, issuerFetch } from './issuer-fetch.ts'
import type { Transaction } from './transaction.ts'

/** What the provider says of a user. Everything but `iss` and `sub` may be of any shape. */
export interface Claims {
  readonly iss: string
  readonly sub: string
  readonly [claim: string]: unknown
}

/** What a provider says of itself is asked again after this time: keys and addresses change. */
const KEPT_MS = 3_600_000

export class Provider {
  readonly #config: OidcConfig & { readonly issuer: string }
  #kept: { readonly configuration: Promise<Configuration>; readonly until: number } | undefined

  constructor(config: OidcConfig & { readonly issuer: string }) {
    this.#config = config
  }

  /** Where the browser goes. Rejects when the provider cannot be asked. */
  async address(transaction: Transaction, redirectUri: string): Promise<URL> {
    const client = await import('openid-client')
    return client.buildAuthorizationUrl(await this.#configuration(), {
      redirect_uri: redirectUri,
      scope: this.#config.scopes.join(' '),
      code_challenge: await client.calculatePKCECodeChallenge(transaction.verifier),
      code_challenge_method: 'S256',
      state: transaction.state,
      nonce: transaction.nonce,
    })
  }

  /**
   * Whom the provider has signed in. Rejects for an answer that does not belong to the transaction, or is not of the provider.
   * @param answered the address that it has sent the browser back to
   */
  async claims(answered: URL, { state, nonce, verifier }: Transaction): Promise<Claims> {
    const client = await import('openid-client')
    const configuration = await this.#configuration()
    const tokens = await client.authorizationCodeGrant(configuration, answered, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (claims === undefined) throw new Error('The provider sent no ID token')
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return claims
    const more = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
    return { ...more, ...claims }
  }

  async #configuration(): Promise<Configuration> {
    if (this.#kept === undefined || this.#kept.until <= performance.now())
      this.#kept = { configuration: this.#discover(), until: performance.now() + KEPT_MS }
    const { configuration } = this.#kept
    try {
      return await configuration
    } catch (error) {
      if (this.#kept?.configuration === configuration) this.#kept = undefined
      throw error
    }
  }

  async #discover(): Promise<Configuration> {
    const client = await import('openid-client')
    const { issuer, clientId } = this.#config
    const url = new URL(issuer)
    if (!isProtected(url)) throw new Error(`"signIn.oidc.issuer" is "${issuer}": it needs https`)
    const execute = url.protocol === 'http:' ? [client.allowInsecureRequests] : []
    const options = { execute, [client.customFetch]: issuerFetch }
    const secret = await this.#secret()
    const found = await client.discovery(url, clientId, secret, undefined, options)
    const ways = found.serverMetadata().token_endpoint_auth_methods_supported
    // Without a word of it, Basic (OpenID Connect Discovery, 3).
    const way =
      secret === undefined
        ? client.None()
        : ways === undefined || ways.includes('client_secret_basic')
          ? client.ClientSecretBasic(secret)
          : client.ClientSecretPost(secret)
    const configuration = new client.Configuration(found.serverMetadata(), clientId, secret, way)
    configuration[client.customFetch] = issuerFetch
    for (const each of execute) each(configuration)
    return configuration
  }

  async #secret(): Promise<string | undefined> {
    const { clientSecret, clientSecretFile } = this.#config
    if (clientSecret !== null) return clientSecret
    return clientSecretFile === null ? undefined : (await readFile(clientSecretFile, 'utf8')).trim()
  }
}
