// How the figures of a plugin have changed since its page was opened. Invariant: oldest first, at most MOST samples.

import { useEffect, useState } from 'react'
import type { Resources } from '../../../../../sdk/api/resources.ts'

/** Of a poll every five seconds: ten minutes. */
const MOST = 120

export interface Sample {
  readonly memoryMb: number
  readonly cpuPercent: number
  readonly requestsPerSecond: number
  readonly errorsPerSecond: number
}

interface Kept {
  readonly samples: readonly Sample[]
  readonly last: { readonly at: number; readonly resources: Resources } | null
}

/** @param at when the figures were received, in milliseconds */
export function useHistory(resources: Resources | undefined, at: number): readonly Sample[] {
  const [kept, setKept] = useState<Kept>({ samples: [], last: null })
  useEffect(() => {
    if (resources === undefined) return
    setKept(({ samples, last }) => {
      if (last !== null && at <= last.at) return { samples, last }
      const seconds = last === null ? 0 : (at - last.at) / 1000
      const rate = (now: number, before: number | undefined) =>
        seconds === 0 || before === undefined ? 0 : Math.max(0, now - before) / seconds
      const sample = {
        memoryMb: resources.memoryMb,
        cpuPercent: resources.cpuPercent,
        requestsPerSecond: rate(resources.requests, last?.resources.requests),
        errorsPerSecond: rate(resources.errors, last?.resources.errors),
      }
      return { samples: [...samples, sample].slice(-MOST), last: { at, resources } }
    })
  }, [resources, at])
  return kept.samples
}
