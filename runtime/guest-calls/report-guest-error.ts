// Writes the failure of a guest call to the plugin's log, for any caller.

import type { WireError } from '../../sdk/protocol/wire.ts'

export interface ErrorLog {
  reportError(error: WireError, requestId: string): void
}

/** Only failures that are the plugin's own fault; the line tells its author which call it was. */
export function reportGuestError(log: ErrorLog, error: WireError, requestId: string): void {
  const { code, name } = error
  if (code === 'GUEST_ERROR') log.reportError(error, requestId)
  else if (code === 'GUEST_DEADLINE' || code === 'GUEST_CRASHED')
    log.reportError({ ...error, name: name ?? code }, requestId)
}
