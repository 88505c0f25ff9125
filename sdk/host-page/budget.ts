// How often something may happen: a bucket of tokens that is filled with time.

export interface Budget {
  /** False when there is none left. */
  take(): boolean
}

export function createBudget({
  burst,
  perSecond,
}: {
  readonly burst: number
  readonly perSecond: number
}): Budget {
  let left = burst
  let since = performance.now()
  return {
    take() {
      const now = performance.now()
      left = Math.min(burst, left + ((now - since) / 1000) * perSecond)
      since = now
      if (left < 1) return false
      left -= 1
      return true
    },
  }
}
