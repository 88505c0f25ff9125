// A request to a plugin's backend, whatever listener is in front, and where its answer goes.

import type { FlatHeaders } from '../../../sdk/protocol/guest-request.ts'
import type { ReceiveStream, SendStream } from '../../../sdk/protocol/streams.ts'
import type { PageMode } from '../pages/csp.ts'

/** Where a plugin is reached. */
export interface Place {
  readonly mode: PageMode
  /** Path before the plugin's own paths: "/plugins/hello", "" on an origin of its own. */
  readonly mount: string
  /** The origin that the visitor sees: "http://127.0.0.1:3000". */
  readonly origin: string
  /** The origin of the runtime's own pages. */
  readonly shell: string
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

export interface PluginRequest {
  readonly method: string
  /** Path below the API mount, raw, with the query: "/greet/ada?x=1". */
  readonly target: string
  /** Lower-case names. */
  readonly headers: FlatHeaders
  readonly body: RequestBody | undefined
  /** The other end of the connection, for limits of failed attempts. */
  readonly peer: string | undefined
  /** Present when it asks for a WebSocket, where the listener can give one. */
  readonly socket?: SocketOffer | undefined
}

export interface SocketOffer {
  /** Sub-protocols that the plugin may choose from. */
  readonly protocols: readonly string[]
  /** Completes the handshake, instead of an answer through the sink. Undefined: the visitor has gone; the call is cancelled. */
  accept(answer: SocketAnswer): { close(code: number): void } | undefined
}

export interface SocketAnswer {
  /** Names and values alternate. */
  readonly headers: readonly string[]
  readonly protocol: string | undefined
  readonly guest: GuestSocket
}

/** The plugin's side of a WebSocket; messages are as in sdk/protocol/socket-wire.ts. */
export interface GuestSocket {
  readonly upload: SendStream
  readonly messages: ReceiveStream
  /** Ends the plugin's side; `messages` fails. */
  cancel(): void
}

export interface ResponseSink {
  /** A whole answer. */
  answer(status: number, headers: string[], body: Uint8Array | string | undefined): void
  /** Begins an answer whose body streams. */
  start(status: number, headers: string[]): void
  /** False: wait for `onDrain`. */
  write(bytes: Uint8Array): boolean
  end(): void
  /** Breaks an answer that has begun. */
  abort(): void
  /** Who makes the answer, and so has to know how its reader is doing. */
  source: ResponseSource | undefined
}

/** An object, not two functions: V8 places a function that is written straight into a property among its old objects. */
export interface ResponseSource {
  /** The sink takes bytes again after `write` returned false. */
  onDrain(): void
  /** The client goes away before the answer is complete. */
  onClose(): void
}
