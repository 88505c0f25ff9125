// The load generator: wrk where it is installed, autocannon elsewhere. The same one for everything that is compared.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface LoadFigures {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface LoadOptions {
  readonly connections: number
  readonly seconds: number
}

export type Load = (url: string, options: LoadOptions) => Promise<LoadFigures>

const run = promisify(execFile)

export async function loadGenerator(): Promise<{ readonly name: string; readonly load: Load }> {
  try {
    await run('wrk', ['--version']).catch((error: { code?: unknown }) => {
      // wrk answers --version with exit code 1; only its absence counts.
      if (error.code === 'ENOENT') throw error
    })
    return { name: 'wrk', load: byWrk }
  } catch {
    return { name: 'autocannon', load: byAutocannon }
  }
}

async function byWrk(url: string, { connections, seconds }: LoadOptions): Promise<LoadFigures> {
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', url])
  const errors = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)
  if (errors !== null) throw new Error(`${url}: ${errors[0]}`)
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: milliseconds(/50%\s+(\S+)/.exec(stdout)?.[1]),
    p99Ms: milliseconds(/99%\s+(\S+)/.exec(stdout)?.[1]),
  }
}

async function byAutocannon(url: string, { connections, seconds }: LoadOptions): Promise<LoadFigures> {
  const { default: autocannon } = await import('autocannon')
  const result = await autocannon({ url, connections, duration: seconds })
  if (result.non2xx > 0) throw new Error(`${url}: ${result.non2xx} answers were not 2xx`)
  return { requestsPerSecond: result.requests.average, p50Ms: result.latency.p50, p99Ms: result.latency.p99 }
}

function milliseconds(text = ''): number {
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? []
  return Number(number) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1)
}
