// The sink of an answer, whatever listener is in front.

export interface ResponseSink {
  /** Sends a whole answer. The sink takes over the list of headers, and may add to it. */
  answer(status: number, headers: string[], body: Uint8Array | string | undefined): void
  /** Begins an answer with a streaming body. */
  start(status: number, headers: string[]): void
  /** False: wait for `onDrain`. */
  write(bytes: Uint8Array): boolean
  end(): void
  /** Aborts an answer that has begun. */
  abort(): void
  /** The producer of the answer, notified about the client. */
  source: ResponseSource | undefined
}

/** An object instead of two functions: V8 allocates an inline function in a property among its old objects. */
export interface ResponseSource {
  /** The sink accepts bytes again after `write` returned false. */
  onDrain(): void
  /** The client disconnected before the answer was complete. */
  onClose(): void
}
