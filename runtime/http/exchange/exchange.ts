// A request to a plugin and the sink of its answer: the input of backends, pages and reserved paths.
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
  /** The visitor; null for a stranger. */
  readonly user: Principal | null
  /** Whether the request bears a right page token, which a page has only from the runtime. */
  readonly isPage: boolean
  /** Beside the plugin headers, about what the browser keeps (pages/browser-state.ts); flat. */
  readonly stateHeaders?: readonly string[] | undefined
}

/** The headers that every answer has: the plugin headers, and those about the browser's state. */
export function withState(
  fixed: readonly string[],
  { stateHeaders }: Pick<Exchange, 'stateHeaders'>,
): readonly string[] {
  return stateHeaders === undefined || stateHeaders.length === 0 ? fixed : [...fixed, ...stateHeaders]
}

export interface PluginRequest {
  readonly method: string
  /** Path and query as received: "/plugins/hello/api/greet/ada?x=1". */
  readonly url: string
  /** The part below the mount, raw: "/greet/ada?x=1" for a backend (see routing/locate.ts). */
  readonly target: string
  readonly headers: FlatHeaders
  readonly body: RequestBody | undefined
  /** Present for a WebSocket handshake, if the listener supports one. */
  readonly socket?: SocketOffer | undefined
}

/** A request body: chunks go to the sink, `resume` continues after `chunk` returned false. */
export interface RequestBody {
  /** From Content-Length; undefined when it is unknown. */
  readonly length: number | undefined
  /** Call it once. */
  read(sink: BodySink): void
  resume(): void
  /** Discards the rest, so that the connection can carry the next request. */
  discard(): void
}

export interface BodySink {
  /** False: the sink takes no more until `resume` is called. */
  chunk(bytes: Uint8Array): boolean
  end(): void
  /** The client did not send it whole. */
  error(): void
}
