// A request to a plugin and the sink for its response: the input of backends, pages and reserved paths.
// Invariant: it is the same for every listener (node-exchange.ts, web-exchange.ts).

import type { FlatHeaders } from '../../../sdk/protocol/guest-request.ts'
import type { Principal } from '../../permissions/principal.ts'
import type { Mount } from './mount.ts'
import type { ResponseSink } from './response-sink.ts'
import type { SocketOffer } from './socket-offer.ts'

export interface Exchange {
  readonly request: PluginRequest
  readonly mount: Mount
  readonly sink: ResponseSink
  /** The signed-in user; null for a stranger. */
  readonly user: Principal | null
}

export interface PluginRequest {
  readonly method: string
  /** Path and query as received: "/plugins/hello/api/greet/ada?x=1". */
  readonly url: string
  /** The plugin's part of it, raw: "/greet/ada?x=1" for a backend (see routing/locate.ts). */
  readonly target: string
  readonly headers: FlatHeaders
  readonly body: RequestBody | undefined
  /** The remote address, for limits of failed attempts. */
  readonly peer: string | undefined
  /** Present for a WebSocket request, if the listener supports it. */
  readonly socket?: SocketOffer | undefined
}

/** A request body: chunks go to the sink, `resume` continues after `chunk` returned false. */
export interface RequestBody {
  /** From Content-Length; undefined when it is unknown. */
  readonly length: number | undefined
  read(sink: { chunk(bytes: Uint8Array): boolean; end(): void; error(): void }): void
  resume(): void
  /** Discards the rest of the body, so that the connection can carry the next request. */
  discard(): void
}
