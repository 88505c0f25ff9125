// What answers fetch() of a plugin under test: a function of the test, a cassette, the network, or nothing.
// Invariant: a request that a grant does not permit is refused as anywhere; without the test's consent none leaves the machine.

import { ReadableStream as NodeStream } from 'node:stream/web'
import type { Egress, EgressCall, EgressResponse } from '../egress/egress.ts'
import { failed } from '../egress/egress-error.ts'
import type { EgressRequest } from '../egress/follow.ts'
import { PlugbayError } from '../errors.ts'
import type { Handlers } from '../host-calls/host-calls.ts'
import { Cassette, type CassetteOptions } from './cassette.ts'

/** Answers a request as the server would. What it throws, the plugin sees as a failure of the network. */
export type FetchMock = (request: Request) => Response | Promise<Response>

export interface TestNetwork {
  readonly egress: (network: Egress) => Egress
  readonly handlers: (handlers: Handlers) => Handlers
  /** Keeps what was recorded. Rejects with the error of the file system. */
  close(): Promise<void>
}

export type NetworkChoice = FetchMock | 'network' | undefined

const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const NO_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304])

/** @throws PlugbayError USAGE for both a mock and a cassette */
export async function testNetwork(
  choice: NetworkChoice,
  cassette: CassetteOptions | undefined,
): Promise<TestNetwork> {
  if (cassette !== undefined) {
    if (typeof choice === 'function')
      throw new PlugbayError('USAGE', 'Give startPlugin() either "fetch" or "cassette"')
    const { egress, handlers, close } = await Cassette.open(cassette)
    return { egress, handlers, close }
  }
  const handlers = (unchanged: Handlers): Handlers => unchanged
  const close = async () => undefined
  if (choice === 'network') return { egress: (network) => network, handlers, close }
  const answer = typeof choice === 'function' ? choice : refuse
  return {
    egress: (network) => ({ ...network, request: (...asked) => byMock(answer, ...asked) }),
    handlers,
    close,
  }
}

function refuse({ method, url }: Request): never {
  throw failed(
    `A test reaches no network (${method} ${url}): give startPlugin() "fetch" to answer, or "cassette"; fetch: 'network' lets it through`,
  )
}

async function byMock(mock: FetchMock, asked: EgressRequest, call: EgressCall): Promise<EgressResponse> {
  let { method, body } = asked
  let url = new URL(asked.url)
  for (let count = 0; ; count++) {
    call.permit(url)
    url.hash = ''
    const response = await answered(mock, requestOf({ ...asked, url, method, body }, call))
    const location = response.headers.get('location')
    if (!REDIRECTS.has(response.status) || location === null || asked.redirect === 'manual')
      return answerOf(response, { method, url, redirected: count > 0 })
    if (asked.redirect === 'error' || count === MAX_REDIRECTS)
      throw failed(`"${url.origin}" redirects, which the request does not follow`)
    url = new URL(location, url)
    if (response.status === 303 || (response.status < 303 && method === 'POST'))
      [method, body] = ['GET', undefined]
  }
}

async function answered(mock: FetchMock, request: Request): Promise<Response> {
  try {
    return await mock(request)
  } catch (error) {
    if (error instanceof PlugbayError) throw error
    throw failed(`The request to "${new URL(request.url).origin}" failed: ${messageOf(error)}`, error)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function requestOf({ url, method, headers, body }: EgressRequest, { signal }: EgressCall): Request {
  const init: RequestInit & { duplex?: 'half' } = { method, headers: new Headers(pairsOf(headers)), signal }
  if (body instanceof Uint8Array) init.body = new Uint8Array(body)
  else if (body !== undefined) Object.assign(init, { body: NodeStream.from(body), duplex: 'half' })
  return new Request(url, init)
}

function pairsOf(headers: readonly string[]): [string, string][] {
  return headers.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, headers[index + 1] ?? '']] : [],
  )
}

interface Asked {
  readonly method: string
  readonly url: URL
  readonly redirected: boolean
}

function answerOf(response: Response, { method, url, redirected }: Asked): EgressResponse {
  const { status, statusText, headers, body } = response
  const hasBody = method !== 'HEAD' && !NO_BODY.has(status) && body !== null
  return {
    ...{ status, statusText, redirected, url: url.href },
    headers: [...headers].flat(),
    body: hasBody ? chunksOf(body) : undefined,
  }
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* body
}
