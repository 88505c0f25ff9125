// Plugins on an origin that they share with an application and with each other: one says what it gets, and answers with the headers that
// it is sent; and what browsers and proxies add to requests by themselves.

import assert from 'node:assert/strict'
import { backendOf, type Client } from '../../support/runtime.ts'

export const BACKEND = backendOf(`
  if (url.pathname === '/set') {
    const headers = new Headers()
    for (const [name, value] of await request.json()) headers.append(name, value)
    return new Response('x', { status: Number(url.searchParams.get('status') ?? 200), headers })
  }
  return Response.json([...request.headers])
`)

/** What browsers and proxies in front send by themselves, each with a secret. */
export const AMBIENT: Readonly<Record<string, string>> = {
  cookie:
    'connect.sid=SECRET-0; grafana_session=SECRET-1; evil.sid=SECRET-2; plugbay.other.sid=SECRET-3; SECRET-4',
  authorization: 'Basic SECRET-5',
  'proxy-authorization': 'Basic SECRET-6',
  ...Object.fromEntries(
    [
      'x-forwarded-user',
      'x-forwarded-email',
      'x-forwarded-groups',
      'x-forwarded-preferred-username',
      'x-forwarded-access-token',
      'x-auth-request-user',
      'x-auth-request-access-token',
      'x-remote-user',
      'remote-user',
      'remote-groups',
      'remote-name',
      'remote-email',
      'x-webauth-user',
      'x-authentik-username',
      'x-authentik-jwt',
      'cf-access-jwt-assertion',
      'cf-access-authenticated-user-email',
      'cf-access-client-id',
      'x-amzn-oidc-data',
      'x-amzn-oidc-accesstoken',
      'x-amzn-oidc-identity',
      'x-goog-iap-jwt-assertion',
      'x-goog-authenticated-user-email',
      'x-ms-client-principal',
      'x-ms-token-aad-access-token',
      'x-pomerium-jwt-assertion',
      'x-pomerium-claim-email',
      'x-vouch-idp-claims-sub',
      'tailscale-user-login',
      'x-client-cert',
      'client-cert',
      'client-cert-chain',
      'ssl-client-cert',
      'x-ssl-client-s-dn',
      'x-ssl-client-verify',
      'x-forwarded-client-cert',
      'x-forwarded-tls-client-cert',
      'x-arr-clientcert',
      'x-amzn-mtls-clientcert-subject',
      'oidc_claim_email',
      'oidc_access_token',
      'sm_user',
      'sm_serversessionid',
      'iv-creds',
      'shib-session-id',
      'impersonate-user',
      'x-consumer-username',
      'x-credential-identifier',
      'x-id-token',
      'x-api-key',
      'cookie2',
      'x-amz-security-token',
    ].map((name, index) => [name, `SECRET-${index + 10}`]),
  ),
}

/** Without secrets: what plugins have always got. */
export const HARMLESS: Readonly<Record<string, string>> = {
  accept: 'application/json',
  'x-requested-with': 'XMLHttpRequest',
  'x-csrf-token': 'of-the-page',
  'idempotency-key': '1',
  'hx-request': 'true',
  'mcp-session-id': 'of-the-plugin',
  'x-hub-signature-256': 'sha256=1',
  'x-author': 'ada',
  'last-event-id': '7',
  dnt: '1',
}

export interface Seen {
  readonly text: string
  readonly headers: ReadonlyMap<string, string>
}

export async function seen(
  client: Client,
  id: string,
  headers: Readonly<Record<string, string>>,
): Promise<Seen> {
  const response = await client.fetch(`/plugins/${id}/api/`, { headers })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return { text, headers: new Map(JSON.parse(text) as [string, string][]) }
}

export async function answer(
  client: Client,
  headers: readonly (readonly [string, string])[],
  init: { readonly id?: string; readonly cookie?: string; readonly status?: number } = {},
): Promise<Headers> {
  const { id = 'evil', cookie, status = 200 } = init
  const response = await client.fetch(`/plugins/${id}/api/set?status=${status}`, {
    method: 'POST',
    body: JSON.stringify(headers),
    ...(cookie !== undefined && { headers: { cookie } }),
  })
  assert.equal(response.status, status)
  return response.headers
}
