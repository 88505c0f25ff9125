// Ends what stands still: a call without an answer, or a stream of which nothing is taken or given for a time.

export interface Standstill {
  /** Aborted with the caller's reason, or with that of the standstill. */
  readonly signal: AbortSignal
  /** Something has moved: the time starts again. */
  readonly moved: () => void
  readonly stop: () => void
}

/** @param late the reason when nothing has moved for so many milliseconds */
export function watchStandstill(signal: AbortSignal, ms: number, late: () => Error): Standstill {
  const controller = new AbortController()
  const end = () => {
    stop()
    controller.abort(signal.aborted ? signal.reason : late())
  }
  const timer = setTimeout(end, ms)
  const stop = () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  return {
    signal: controller.signal,
    moved: () => {
      if (!controller.signal.aborted) timer.refresh()
    },
    stop,
  }
}
