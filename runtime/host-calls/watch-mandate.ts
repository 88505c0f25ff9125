// Ends what is under way for a plugin as soon as it would no longer be permitted.

import type { Mandate } from '../permissions/authority.ts'

export interface Watch {
  /** Aborted by the caller, or when the grant was taken back. */
  readonly signal: AbortSignal
  readonly stop: () => void
}

/** @param requirePermitted throws when what is under way is not permitted any more */
export function watchMandate(mandate: Mandate, signal: AbortSignal, requirePermitted: () => void): Watch {
  const controller = new AbortController()
  const end = (reason: unknown) => {
    stop()
    controller.abort(reason)
  }
  const abort = () => end(signal.reason)
  const unwatch = mandate.onChange(() => {
    try {
      requirePermitted()
    } catch (error) {
      end(error)
    }
  })
  const stop = () => {
    signal.removeEventListener('abort', abort)
    unwatch()
  }
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  return { signal: controller.signal, stop }
}
