// The errors of calls that are not sent. The plugin has not seen them, so each may be retried (503).

import type { CallError } from './caller.ts'

/** It would not be answered in time, or too many are waiting already. */
export function busy(message: string, retryAfterMs: number): CallError {
  return { code: 'GUEST_BUSY', message, retryAfterMs }
}

/** The plugin exceeds its average CPU limit. */
export function throttled(cpuPercent: number, retryAfterMs: number): CallError {
  return {
    code: 'GUEST_THROTTLED',
    message: `The plugin used more than ${cpuPercent} % of a core`,
    retryAfterMs,
  }
}

/** The plugin does not start. */
export function unavailable(message: string, retryAfterMs: number): CallError {
  return { code: 'PLUGIN_UNAVAILABLE', message, retryAfterMs }
}
