// A request to a plugin and the place for its answer: what backends, pages and reserved paths all are handed.
// Invariant: it is the same whatever listener is in front (node-exchange.ts, web-exchange.ts).

import type { FlatHeaders } from '../../../sdk/protocol/guest-request.ts'
import type { Principal } from '../../permissions/principal.ts'
import type { Mount } from './mount.ts'
import type { ResponseSink } from './response-sink.ts'
import type { SocketOffer } from './socket-offer.ts'

export interface Exchange {
  readonly request: PluginRequest
  readonly mount: Mount
  readonly sink: ResponseSink
  /** Who asks; null for a stranger. */
  readonly user: Principal | null
}

export interface PluginRequest {
  readonly method: string
  /** Path and query as received: "/plugins/hello/api/greet/ada?x=1". */
  readonly url: string
  /** The part of it that is the plugin's, raw: "/greet/ada?x=1" for a backend (see routing/locate.ts). */
  readonly target: string
  readonly headers: FlatHeaders
  readonly body: RequestBody | undefined
  /** The other end of the connection, for limits of failed attempts. */
  readonly peer: string | undefined
  /** Present when it asks for a WebSocket, where the listener can give one. */
  readonly socket?: SocketOffer | undefined
}

/** A body that arrives: chunks go to the sink, `resume` asks for more after `chunk` returned false. */
export interface RequestBody {
  /** From Content-Length; undefined when it is not known. */
  readonly length: number | undefined
  read(sink: { chunk(bytes: Uint8Array): boolean; end(): void; error(): void }): void
  resume(): void
  /** Nobody wants the rest: it is let go, so that the connection can carry the next request. */
  discard(): void
}
