// Reads what wrk prints. Its times carry units (us, ms, s, m), and lines about failures stand there only when there were some.

import type { LoadFigures } from './load.ts'

/** @throws an Error with the whole text when a figure is missing: a benchmark does not guess */
export function parseWrk(text: string): LoadFigures {
  const field = (pattern: RegExp): string => {
    const found = pattern.exec(text)?.[1]
    if (found === undefined) throw new Error(`wrk has not told ${pattern.source}:\n${text}`)
    return found
  }
  const [, connect, read, write, timeout] =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? []
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1]
  const failures = [refused, connect, read, write, timeout].map((count) => Number(count ?? 0))
  return {
    requests: Number(field(/(\d+) requests in/)),
    requestsPerSecond: Number(field(/Requests\/sec:\s+([\d.]+)/)),
    p50Ms: milliseconds(field(/^\s*50%\s+(\S+)/m)),
    p99Ms: milliseconds(field(/^\s*99%\s+(\S+)/m)),
    failed: failures.reduce((sum, count) => sum + count, 0),
  }
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

function milliseconds(text: string): number {
  const [, number, unit = ''] = /^([\d.]+)(us|ms|s|m)$/.exec(text) ?? []
  return Number(number) * (UNITS[unit] ?? Number.NaN)
}
