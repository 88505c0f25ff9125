// The load generator: wrk where it is installed, autocannon elsewhere. The same one for everything that is compared.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { loadByAutocannon } from './by-autocannon.ts'
import { parseWrk } from './wrk-report.ts'

export interface LoadFigures {
  /** Answers of any status. */
  readonly requests: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers that were not 2xx, connections that broke, requests that were not answered in time. */
  readonly failed: number
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
    return { name: 'wrk', load: loadByWrk }
  } catch {
    return { name: 'autocannon', load: loadByAutocannon }
  }
}

async function loadByWrk(url: string, { connections, seconds }: LoadOptions): Promise<LoadFigures> {
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', url])
  return parseWrk(stdout)
}
