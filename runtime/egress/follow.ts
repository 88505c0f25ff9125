// One request and its redirects, by the rules of the Fetch standard.
// Invariant: each hop is permitted separately, and headers that it may not carry are dropped before.

import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { Agent, Dispatcher } from 'undici'
import { ACCEPT_ENCODING } from './decode.ts'
import { failed, failureOf } from './egress-error.ts'
import { headerValue, withoutBody, withoutCredentials, withoutForbidden } from './headers.ts'

export type RedirectMode = 'follow' | 'manual' | 'error'

export type EgressBody = Uint8Array | AsyncIterable<Uint8Array> | undefined

export interface EgressRequest {
  readonly method: string
  /** http or https. */
  readonly url: URL
  /** Names and values alternate; names in lower case. */
  readonly headers: readonly string[]
  /** Names of headers with secrets: they do not follow to another origin. */
  readonly secretHeaders: ReadonlySet<string>
  readonly body: EgressBody
  /** Whether the body holds a secret: it does not follow to another origin. */
  readonly isBodySecret?: boolean
  /** Length of a streaming body, if known. */
  readonly bodyLength: number | undefined
  readonly redirect: RedirectMode
}

/** The outcome of one hop. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly headers: readonly string[]
  readonly url: URL
  readonly redirected: boolean
  readonly body: Readable
}

export interface Hops {
  readonly agent: Agent
  /** Throws for an origin that the plugin may not use. */
  readonly permit: (url: URL) => void
  readonly signal: AbortSignal
}

/**
 * Each is checked like a request.
 * @limit `fetch()`: redirects that are followed
 * @passed the request rejects
 */
const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** How much of a redirect's body is read to reuse the connection. */
const DUMP_BYTES = 64 * 1024

export async function follow(request: EgressRequest, hops: Hops): Promise<Answer> {
  let { method, url, body, bodyLength } = request
  let headers: readonly string[] = withoutForbidden(request.headers)
  for (let count = 0; ; count++) {
    hops.permit(url)
    const {
      statusCode: status,
      statusText,
      headers: raw,
      body: answered,
    } = await ask({ method, url, headers, body, bodyLength }, hops)
    // The reader of the body gets its failure; until then it must not become an uncaught exception.
    answered.on('error', () => undefined)
    const answerHeaders = lowerNames(raw as unknown as readonly string[])
    const answer = { status, statusText, headers: answerHeaders, url, redirected: count > 0, body: answered }
    const location = REDIRECTS.has(status) ? headerValue(answerHeaders, 'location') : undefined
    if (location === undefined || request.redirect === 'manual') return answer
    await answered.dump({ limit: DUMP_BYTES, signal: hops.signal }).catch(() => answered.destroy())
    if (request.redirect === 'error') throw failed(`"${url.origin}" answered with a redirect`)
    if (count === MAX_REDIRECTS) throw failed(`"${url.origin}" redirects more than ${MAX_REDIRECTS} times`)
    const next = targetOf(location, url)
    const becomesGet =
      (status === 303 && method !== 'GET' && method !== 'HEAD') ||
      ((status === 301 || status === 302) && method === 'POST')
    if (becomesGet) {
      method = 'GET'
      body = undefined
      bodyLength = undefined
      headers = withoutBody(headers)
    } else if (body !== undefined && !(body instanceof Uint8Array)) {
      throw failed(`"${url.origin}" redirects a request whose body was a stream, and cannot be sent twice`)
    }
    if (next.origin !== url.origin && body !== undefined && request.isBodySecret === true)
      throw failed(`"${url.origin}" redirects a request whose body holds a secret to another origin`)
    if (next.origin !== url.origin) headers = withoutCredentials(headers, request.secretHeaders)
    url = next
  }
}

interface Hop {
  readonly method: string
  readonly url: URL
  readonly headers: readonly string[]
  readonly body: EgressBody
  readonly bodyLength: number | undefined
}

async function ask(hop: Hop, { agent, signal }: Hops): Promise<Dispatcher.ResponseData> {
  const { method, url, body } = hop
  try {
    return await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: method as Dispatcher.HttpMethod,
      headers: sentHeaders(hop),
      // undici takes any iterable of bytes; its types only name streams.
      body: (body ?? null) as Readable | Uint8Array | null,
      signal,
      responseHeaders: 'raw',
    })
  } catch (error) {
    signal.throwIfAborted()
    throw failureOf(error, url.origin)
  }
}

function sentHeaders({ headers, body, bodyLength }: Hop): string[] {
  const sent = [...headers]
  const add = (name: string, value: string) => {
    if (headerValue(headers, name) === undefined) sent.push(name, value)
  }
  add('accept', '*/*')
  add('accept-encoding', ACCEPT_ENCODING)
  add('user-agent', 'Plugbay/1')
  if (bodyLength !== undefined && body !== undefined && !(body instanceof Uint8Array))
    sent.push('content-length', String(bodyLength))
  return sent
}

function targetOf(location: string, from: URL): URL {
  // Header values are bytes: valid UTF-8 is decoded as such, as browsers do.
  const bytes = Buffer.from(location, 'latin1')
  const next = URL.parse(isUtf8(bytes) ? bytes.toString() : location, from.href)
  if (next === null || (next.protocol !== 'http:' && next.protocol !== 'https:'))
    throw failed(`"${from.origin}" redirects to something that is not an http or https address`)
  if (next.username !== '' || next.password !== '')
    throw failed(`"${from.origin}" redirects to an address with a user name or password`)
  if (next.hash === '') next.hash = from.hash
  return next
}

function lowerNames(headers: readonly string[]): string[] {
  return headers.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text))
}
