// Why a call is not sent. Nothing has happened for it in the plugin, so each of these may be tried again (503).

import type { CallError } from './caller.ts'

/** It would not be answered in time, or too many wait already. */
export function busy(message: string, retryAfterMs: number): CallError {
  return { code: 'GUEST_BUSY', message, retryAfterMs }
}

/** The plugin is over its average of processor time. */
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
