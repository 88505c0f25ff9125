// Limits the concurrent host calls of one instance, and the memory that they hold in the runtime.
// Invariant: a call counts until its handler has ended, even when the guest has cancelled it.

import { PlugbayError } from '../../errors.ts'

/**
 * Bodies of executing calls. On its way to another process, each is held up to four times at once.
 * @limit `env`: values and statements that calls under way hold together, in bytes
 * @passed the call is rejected with the code `QUOTA_EXCEEDED`
 */
const MAX_BYTES = 24 * 1024 * 1024
/** Calls with a streaming body: each may hold a window, and a compromised process a little more. */
const MAX_STREAMS = 64

export interface IncomingSize {
  /** Length of the body that came with the call. */
  readonly bytes: number
  readonly isStreaming: boolean
}

export class HostCallAdmission {
  readonly #maxCalls: number
  #calls = 0
  #bytes = 0
  #streams = 0

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls
  }

  /** Call it when the handler has ended. @throws PlugbayError QUOTA_EXCEEDED: the call must not be executed */
  take({ bytes, isStreaming }: IncomingSize): () => void {
    if (this.#calls >= this.#maxCalls) throw tooMany(`${this.#maxCalls} host calls`)
    if (this.#bytes + bytes > MAX_BYTES) throw tooMany(`${MAX_BYTES / 1_048_576} MiB of arguments`)
    if (isStreaming && this.#streams >= MAX_STREAMS) throw tooMany(`${MAX_STREAMS} bodies that stream`)
    this.#calls++
    this.#bytes += bytes
    if (isStreaming) this.#streams++
    return () => {
      this.#calls--
      this.#bytes -= bytes
      if (isStreaming) this.#streams--
    }
  }
}

function tooMany(what: string): PlugbayError {
  return new PlugbayError('QUOTA_EXCEEDED', `More than ${what} at once`)
}
