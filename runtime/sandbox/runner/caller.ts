// The caller of a guest call, and the outcomes that it gets.
// Invariant: a caller gets exactly one of reply, error and moved; nothing after cancelling a waiting call.

import type { ReplySink } from '../../../sdk/protocol/channel.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import type { Retirement } from '../types.ts'
import type { GuestCall } from './guest-call.ts'

/** Why a call failed. Only the runtime sets `retryAfterMs`, never a guest. */
export interface CallError extends WireError {
  /** For a refused call: when a similar one may be served. */
  readonly retryAfterMs?: number
}

export interface Caller extends ReplySink {
  error(error: CallError): void
  /** An `upload` was sent: write its body to `call.body`. Nothing of it needs to be read before that. */
  opened(call: GuestCall): void
  /** The release is retired, and never saw the call: its successor may take it. */
  moved(call: GuestCall): void
  /** The caller itself has cancelled the call while it waited. */
  left?(): void
  /** The release serves no more, and the call has been sent. */
  retired(how: Retirement): void
}
