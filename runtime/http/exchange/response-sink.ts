// The sink of an answer, whatever listener is in front.

import type { ErrorCode } from '../../errors.ts'
import type { Principal } from '../../permissions/principal.ts'

export interface ResponseSink {
  /** Sends a whole answer. The sink takes over the list of headers, and may add to it. */
  answer(status: number, headers: string[], body: Uint8Array | string | undefined): void
  /** Begins an answer with a streaming body. */
  start(status: number, headers: string[]): void
  /** False: wait for `onDrain`. */
  write(bytes: Uint8Array): boolean
  /** Whether bytes that were written may be overwritten at `onDrain`. */
  readonly returnsMemory: boolean
  end(): void
  /** Aborts an answer that has begun. */
  abort(): void
  /** The producer of the answer, notified about the client. */
  source: ResponseSource | undefined
  /** Released when the answer has been sent, or the client has left. */
  hold: Hold | undefined
  /** Only in development, for the author of the plugin. */
  arrival: Arrival | undefined
  /** The client has left, or the answer is complete. */
  readonly isClosed: boolean
}

/** Why the runtime answers instead of the plugin. */
export interface Refusal {
  readonly code: ErrorCode
  /** For the author, more than the words of the table; no stranger sees it. */
  readonly why?: string | undefined
}

/** Learns what becomes of a request for a plugin. */
export interface Arrival {
  isFor(user: Principal | null): void
  /** The backend's runner has it, as the guest call with this id. */
  isSent(requestId: string): void
  /** @param status of the answer: a browser is led to a page where it signs in */
  isRefused(refusal: Refusal, status: number): void
}

export interface Hold {
  /** Idempotent. */
  release(): void
}

/** An object instead of two functions: V8 allocates an inline function in a property among its old objects. */
export interface ResponseSource {
  /** The sink accepts bytes again after `write` returned false. */
  onDrain(): void
  /** The client disconnected before the answer was complete. */
  onClose(): void
}
