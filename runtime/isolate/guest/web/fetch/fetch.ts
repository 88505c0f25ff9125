// The global function fetch(): creates the Request; the function passed to installWeb() sends it.

import { indexOf, slice, startsWith } from '../base/primordials.ts'
import { requireArguments } from '../base/webidl.ts'
import { readDataUrl } from './data-url.ts'
import { type OutgoingRequest, Request, requestToWire } from './request.ts'
import { type Response, responseOfData } from './response.ts'

/** Sends a request. Rejects with the reason of its signal, or a TypeError. */
export type SendRequest = (request: OutgoingRequest) => Promise<Response>

export function createFetchFunction(send: SendRequest = withoutNetwork): object {
  const { fetch } = {
    async fetch(input: unknown, init?: unknown): Promise<Response> {
      requireArguments(arguments.length, 1, 'fetch()')
      const request = new Request(input, init)
      const outgoing = requestToWire(request)
      if (outgoing.signal?.aborted === true) {
        outgoing.stream?.cancel(outgoing.signal.reason).catch(() => undefined) // The stream is cancelled anyway
        throw outgoing.signal.reason
      }
      return startsWith(outgoing.url, 'data:') ? fetchData(outgoing) : await send(outgoing)
    },
  }
  Object.defineProperty(fetch, 'length', { value: 1, configurable: true })
  return fetch
}

/** Answered here: such a URL names no server, so it needs no grant. */
function fetchData({ url, method, stream }: OutgoingRequest): Response {
  stream?.cancel().catch(() => undefined) // A data: URL ignores a request body
  const data = readDataUrl(url)
  if (data === undefined) throw new TypeError('fetch() failed: the data: address is not valid')
  const hash = indexOf(url, '#')
  const body = method === 'HEAD' ? undefined : data.body
  return responseOfData(hash < 0 ? url : slice(url, 0, hash), data.type, body)
}

export async function withoutNetwork(): Promise<never> {
  throw new TypeError(
    'fetch() has no network access: it arrives with a grant of "permissions.network", which this plugin does not have',
  )
}
