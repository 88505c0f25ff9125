// What is measured of the runtime process while it works, and whether it grows.

import { readdirSync } from 'node:fs'
import { residentBytesOf } from '../../runtime/processes/process-figures.ts'
import { median, percentile } from '../bench/statistics.ts'
import { descendantsOf } from '../support/jail.ts'
import { isRunning } from '../support/killable.ts'

export interface Sample {
  /** Minutes since the start. */
  readonly at: number
  /** What is alive in the runtime after a collection, in MiB. */
  readonly aliveMb: number
  readonly residentMb: number
  readonly descriptors: number
  readonly handles: number
  readonly threads: number
  /** Median and 99th percentile of visits since the sample before. */
  readonly medianMs: number
  readonly p99Ms: number
  readonly children: number
  /** Ended, and not collected by their parent. */
  readonly zombies: number
}

const MIB = 1_048_576

/** @param reported figures that the process itself sends */
export function sampleOf(
  pid: number,
  reported: {
    readonly at: number
    readonly alive: number
    readonly handles: number
    readonly times: readonly number[]
  },
): Sample {
  const all = descendantsOf(pid)
  return {
    at: reported.at,
    aliveMb: reported.alive / MIB,
    residentMb: residentBytesOf(pid) / MIB,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    handles: reported.handles,
    threads: readdirSync(`/proc/${pid}/task`).length,
    medianMs: median(reported.times),
    p99Ms: percentile(reported.times, 99),
    children: all.filter(isRunning).length,
    zombies: all.filter((child) => !isRunning(child)).length,
  }
}

/** Growth per minute by least squares. */
export function slope(samples: readonly Sample[], figure: (sample: Sample) => number): number {
  const count = samples.length
  const meanAt = samples.reduce((sum, { at }) => sum + at, 0) / count
  const mean = samples.reduce((sum, sample) => sum + figure(sample), 0) / count
  let above = 0
  let below = 0
  for (const sample of samples) {
    above += (sample.at - meanAt) * (figure(sample) - mean)
    below += (sample.at - meanAt) ** 2
  }
  return below === 0 ? 0 : above / below
}

/** Growth that is noise on a short run, and on a long one. */
const MOST_ALIVE_MB = 12
const MOST_ALIVE_MB_PER_MINUTE = 0.25
const MOST_RESIDENT_MB = 200
const MOST_DESCRIPTORS = 60
const MOST_HANDLES = 100
const MOST_THREADS = 8
/** Plugins with processes of their own twice, data and package processes, each with its bwrap. */
const MOST_CHILDREN = 100

/** What is over its bound, in sentences. The first third is warming up. */
export function judge(samples: readonly Sample[]): string[] {
  const settled = samples.slice(Math.floor(samples.length / 3))
  const [first] = settled
  const last = settled.at(-1)
  if (first === undefined || last === undefined || settled.length < 3) return ['there are too few samples']
  const minutes = last.at - first.at
  const wrong: string[] = []
  const most = (name: string, found: number, bound: number) => {
    if (found > bound) wrong.push(`${name}: ${found.toFixed(1)}, at most ${bound.toFixed(1)}`)
  }
  most(
    'growth of what is alive, in MB',
    slope(settled, ({ aliveMb }) => aliveMb) * minutes,
    Math.max(MOST_ALIVE_MB, MOST_ALIVE_MB_PER_MINUTE * minutes),
  )
  most(
    'growth of resident memory, in MB',
    slope(settled, ({ residentMb }) => residentMb) * minutes,
    MOST_RESIDENT_MB,
  )
  most('growth of open descriptors', last.descriptors - first.descriptors, MOST_DESCRIPTORS)
  most('growth of handles', last.handles - first.handles, MOST_HANDLES)
  most('growth of threads', last.threads - first.threads, MOST_THREADS)
  most('children', Math.max(...settled.map(({ children }) => children)), MOST_CHILDREN)
  // One that has just ended may be seen before its parent has collected it.
  most('zombies that stay', Math.min(...settled.map(({ zombies }) => zombies)), 0)
  return wrong
}
