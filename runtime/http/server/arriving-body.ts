// Watches the body that arrives on a connection: one at a time, since requests of a connection come one after the other.
// Invariant: one object per connection, not per request; a list of requests that is swept now and then would let each of them
// grow old (docs/performance.md).

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorCode } from '../../errors.ts'

export interface ArrivalLimits {
  /** Every window of this length must bring `bodyWindowBytes` of the body, or its end. 30,000. */
  readonly bodyWindowMs: number
  /** 16,384. */
  readonly bodyWindowBytes: number
  /** An unwanted body is still read for this long after its answer, since many clients send first and read later. 30,000. */
  readonly lingerMs: number
  /** 64,000,000. */
  readonly lingerBytes: number
}

export class ArrivingBody {
  #request: IncomingMessage | undefined
  #response: ServerResponse | undefined
  /** Start of the window. */
  #since = 0
  /** Bytes received on the connection by then. */
  #bytes = 0
  #isLate = false
  #isAnswered = false

  begin(request: IncomingMessage, response: ServerResponse): void {
    this.#request = request
    this.#response = response
    this.#isAnswered = false
    this.#beginWindow(request)
  }

  /** Releases the request when its body has arrived, or will not. */
  release(): void {
    if (this.#request?.complete === false && !this.#request.destroyed) return
    this.#request = undefined
    this.#response = undefined
  }

  /**
   * Call it several times in a window. Destroys a connection that sends too much after its answer.
   * @returns what to refuse the request with
   */
  check(limits: ArrivalLimits): ErrorCode | undefined {
    this.release()
    const request = this.#request
    if (request === undefined) return undefined
    const age = performance.now() - this.#since
    const arrived = request.socket.bytesRead - this.#bytes
    if (this.#isAnswered) {
      if (age > limits.lingerMs || arrived > limits.lingerBytes) request.socket.destroy()
    } else if (this.#response?.writableEnded === true) {
      this.#isAnswered = true
      this.#beginWindow(request)
    } else if (
      request.readableLength > 0 ||
      (age > limits.bodyWindowMs && arrived >= limits.bodyWindowBytes)
    ) {
      // Received data that waits for its reader counts as progress: we hold the sender back.
      this.#beginWindow(request)
    } else if (age > limits.bodyWindowMs) {
      // Checked twice: after a pause of our own event loop, pending data is read between the two checks.
      if (this.#isLate) return 'BODY_TOO_SLOW'
      this.#isLate = true
    }
    return undefined
  }

  #beginWindow({ socket }: IncomingMessage): void {
    this.#since = performance.now()
    this.#bytes = socket.bytesRead
    this.#isLate = false
  }
}
