// Requests to the OpenID provider that the operator has configured.
// Invariant: every request has an end, its answer a size, and nothing is sent without TLS, but to this machine itself.

import { isPlainLoopback } from '../../server/request-source.ts'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 1_000_000

type Body = BodyInit | Uint8Array | null | undefined
type Init = Omit<RequestInit, 'body' | 'signal'> & { readonly body?: Body }

/** In the shape that openid-client takes. @throws Error in words for the log */
export async function issuerFetch(address: string, { body: sent, ...init }: Init): Promise<Response> {
  const url = new URL(address)
  if (!isProtected(url)) throw new Error(`"${url.origin}" is asked by http: a provider needs https`)
  const response = await fetch(url, {
    ...init,
    body: sent instanceof Uint8Array ? new Uint8Array(sent) : (sent ?? null),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const body = await readCapped(response, url)
  const { status, headers } = response
  const isEmpty = status === 204 || status === 205 || status === 304
  return new Response(isEmpty ? null : body, { status, headers: withoutCoding(headers) })
}

export function isProtected(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isPlainLoopback(url.hostname))
}

async function readCapped(response: Response, url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_BYTES) throw new Error(`The answer of "${url.origin}" is larger than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** fetch() has decoded the body. */
function withoutCoding(headers: Headers): Headers {
  const kept = new Headers(headers)
  kept.delete('content-encoding')
  kept.delete('content-length')
  return kept
}
