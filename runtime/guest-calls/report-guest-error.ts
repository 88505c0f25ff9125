// Puts the failure of a guest call into the plugin's log, whoever made the call.

import type { WireError } from '../../sdk/protocol/wire.ts'

export interface ErrorLog {
  reportError(error: WireError, requestId: string): void
}

/** What is the plugin's own fault, and nothing else: its author shall know which call it was. */
export function reportGuestError(log: ErrorLog, error: WireError, requestId: string): void {
  const { code, name } = error
  if (code === 'GUEST_ERROR') log.reportError(error, requestId)
  else if (code === 'GUEST_DEADLINE' || code === 'GUEST_CRASHED')
    log.reportError({ ...error, name: name ?? code }, requestId)
}
