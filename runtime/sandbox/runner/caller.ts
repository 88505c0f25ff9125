// Who makes a guest call, and what it hears of it.
// Invariant: of reply, error and moved a caller hears one, once; it hears nothing after it has cancelled a call that waits.

import type { ReplySink } from '../../../sdk/protocol/channel.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import type { GuestCall } from './guest-call.ts'

/** Why a call was not answered; only we say `retryAfterMs`, never a guest. */
export interface CallError extends WireError {
  /** Of a call that was refused: when one like it may be served. */
  readonly retryAfterMs?: number
}

export interface Caller extends ReplySink {
  error(error: CallError): void
  /** An `upload` has been sent: its body is to be written to `call.body`. Before that nothing of it needs to be read. */
  opened(call: GuestCall): void
  /** The release serves no more, and has seen nothing of the call: whatever serves now may take it. */
  moved(call: GuestCall): void
  /** The release serves no more: a `socket` that has been sent is to be closed. */
  retired(): void
}
