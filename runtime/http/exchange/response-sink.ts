// Where the answer to a request goes, whatever listener is in front.

export interface ResponseSink {
  /** A whole answer. The list of headers is the sink's from now on. */
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
