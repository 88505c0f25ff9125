// Receives the response to a request, for every listener.

export interface ResponseSink {
  /** A whole response. The sink owns the list of headers from now on. */
  answer(status: number, headers: string[], body: Uint8Array | string | undefined): void
  /** Starts a response with a streaming body. */
  start(status: number, headers: string[]): void
  /** False: wait for `onDrain`. */
  write(bytes: Uint8Array): boolean
  end(): void
  /** Breaks off a response that has begun. */
  abort(): void
  /** The producer of a streaming response, which is notified about its reader. */
  source: ResponseSource | undefined
}

/** An object instead of two functions: V8 allocates an inline function in a property among its old objects. */
export interface ResponseSource {
  /** The sink accepts bytes again after `write` returned false. */
  onDrain(): void
  /** The client disconnects before the response is complete. */
  onClose(): void
}
