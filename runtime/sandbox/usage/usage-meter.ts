// What one plugin has used since the runtime started, over all its releases and instances: plain counters.
// Invariant: the host counts what passes through it; figures that a sandbox process reports are used only for display, and to
// enforce the quota of that one plugin.

import type { Resources } from '../../../sdk/api/resources.ts'
import { type HandleCounts, noHandles } from '../../../sdk/protocol/handles.ts'
import { HOST_CALLS, type HostCallName } from '../../../sdk/protocol/host-calls.ts'
import { CpuAverage } from './cpu-average.ts'
import { QueueMeter } from './queue-meter.ts'

/** Current usage of a running instance. */
export interface Usage {
  readonly cpuMs: number
  readonly heapBytes: number
  /** Buffers, which lie outside the heap. */
  readonly externalBytes: number
  /** Requests without a complete response. */
  readonly openCalls: number
}

export interface MemoryFigures {
  readonly heapBytes: number
  readonly externalBytes: number
  /** The highest sum of both that was seen. */
  readonly peakBytes: number
}

/** What was used between two moments. */
export interface TakenUsage {
  readonly cpuMs: number
  /** The highest sum of heap and buffers that was seen. */
  readonly peakBytes: number
  readonly requests: number
  readonly errors: number
}

/** CPU time of each request that does not count for the average: having many visitors is not an offence. */
const FREE_MS_PER_REQUEST = 10
const MEGABYTE = 1_048_576

export class UsageMeter {
  /** The plugin's waiting requests. */
  readonly queue = new QueueMeter()
  #requests = 0
  #errors = 0
  #throttled = 0
  #restarts = 0
  #bytesIn = 0
  #bytesOut = 0
  #logLines = 0
  #logLinesDropped = 0
  /** The plugin's open handles in the host. */
  readonly handles: HandleCounts = noHandles()
  readonly #hostCalls = noHostCalls()
  readonly #average = new CpuAverage()
  readonly #running = new Set<Usage>()
  #endedCpuMs = 0
  /** Of `#endedCpuMs`: not yet in the average. */
  #owedMs = 0
  #peakBytes = 0
  /** Since take(). */
  #recentPeakBytes = 0
  #taken = { cpuMs: 0, requests: 0, errors: 0 }
  #served = 0
  #servedAtSpend = 0
  #isOver = false
  #logSecond = 0
  #logLinesInSecond = 0

  /** Called when an instance starts: its figures are read on demand until it ends. */
  attach(usage: Usage): void {
    this.#running.add(usage)
  }

  detach(usage: Usage): void {
    if (this.#running.delete(usage)) this.#endedCpuMs += usage.cpuMs
  }

  /** Or a run of a task. */
  countRequest(): void {
    this.#requests++
  }

  /** A client sees that the plugin failed. */
  countError(): void {
    this.#errors++
  }

  /** A request was refused because the plugin exceeds `limits.cpuPercent`. */
  countThrottled(): void {
    this.#throttled++
  }

  /** An instance was lost, not stopped on purpose. */
  countRestart(): void {
    this.#restarts++
  }

  countBytesIn(bytes: number): void {
    this.#bytesIn += bytes
  }

  countBytesOut(bytes: number): void {
    this.#bytesOut += bytes
  }

  countDroppedLines(count: number): void {
    this.#logLinesDropped += count
  }

  /** A request was passed to an instance. */
  serve(): void {
    this.#served++
  }

  countHostCall(name: HostCallName): void {
    this.#hostCalls[name]++
  }

  /** CPU time that others used on behalf of the plugin: it counts for the average at the next spend(). */
  owe(ms: number): void {
    this.#endedCpuMs += ms
    this.#owedMs += ms
  }

  /**
   * Adds CPU time to the average, after the instance has updated its figures.
   * @returns whether the plugin now exceeds `maxPercent`
   */
  spend(ms: number, now: number, maxPercent: number): boolean {
    const requests = this.#served - this.#servedAtSpend
    this.#servedAtSpend = this.#served
    this.#average.add(Math.max(0, ms + this.#owedMs - requests * FREE_MS_PER_REQUEST), now)
    this.#owedMs = 0
    this.reach(this.#sum('heapBytes') + this.#sum('externalBytes'))
    this.#isOver = this.#average.msUntilBelow(maxPercent, now) > 0
    return this.#isOver
  }

  /** Records a memory peak. */
  reach(bytes: number): void {
    this.#peakBytes = Math.max(this.#peakBytes, bytes)
    this.#recentPeakBytes = Math.max(this.#recentPeakBytes, bytes)
  }

  /** Milliseconds until the plugin may be called again; 0 when it may. Costs nothing for a plugin within its limit. */
  throttledMs(maxPercent: number): number {
    if (!this.#isOver) return 0
    const wait = this.#average.msUntilBelow(maxPercent, performance.now())
    this.#isOver = wait > 0
    return wait
  }

  /**
   * Whether a log line may be written. The sandbox process already drops lines over the limit, per second of its own clock:
   * lines of two of its seconds may arrive in one of ours, along with a line that reports how many were dropped.
   */
  takeLogLine(maxPerSecond: number, now: number): boolean {
    const second = Math.floor(now / 1000)
    if (second !== this.#logSecond) {
      this.#logSecond = second
      this.#logLinesInSecond = 0
    }
    if (++this.#logLinesInSecond > 2 * maxPerSecond + 2) {
      this.#logLinesDropped++
      return false
    }
    this.#logLines++
    return true
  }

  /** Over the running instances. */
  get memory(): MemoryFigures {
    return {
      heapBytes: this.#sum('heapBytes'),
      externalBytes: this.#sum('externalBytes'),
      peakBytes: this.#peakBytes,
    }
  }

  /** What was used since this was asked last. */
  take(): TakenUsage {
    this.reach(this.#sum('heapBytes') + this.#sum('externalBytes'))
    const before = this.#taken
    this.#taken = {
      cpuMs: this.#endedCpuMs + this.#sum('cpuMs'),
      requests: this.#requests,
      errors: this.#errors,
    }
    const peakBytes = this.#recentPeakBytes
    this.#recentPeakBytes = 0
    return {
      cpuMs: Math.max(0, this.#taken.cpuMs - before.cpuMs),
      peakBytes,
      requests: this.#taken.requests - before.requests,
      errors: this.#taken.errors - before.errors,
    }
  }

  get figures(): Omit<Resources, 'sockets' | 'storageBytes' | 'filesBytes' | 'tasks'> {
    const { heapBytes, externalBytes, peakBytes } = this.memory
    return {
      memoryMb: megabytes(heapBytes + externalBytes),
      peakMemoryMb: megabytes(peakBytes),
      externalMemoryMb: megabytes(externalBytes),
      cpuMs: Math.round(this.#endedCpuMs + this.#sum('cpuMs')),
      cpuPercent: oneDigit(this.#average.percent(performance.now())),
      requests: this.#requests,
      requestsInFlight: this.#sum('openCalls'),
      errors: this.#errors,
      throttled: this.#throttled,
      restarts: this.#restarts,
      hostCalls: { ...this.#hostCalls },
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      logLines: this.#logLines,
      logLinesDropped: this.#logLinesDropped,
    }
  }

  #sum(name: keyof Usage): number {
    let sum = 0
    for (const usage of this.#running) sum += usage[name]
    return sum
  }
}

function noHostCalls(): Record<HostCallName, number> {
  return Object.fromEntries(Object.keys(HOST_CALLS).map((name) => [name, 0])) as Record<HostCallName, number>
}

function megabytes(bytes: number): number {
  return oneDigit(bytes / MEGABYTE)
}

function oneDigit(value: number): number {
  return Math.round(value * 10) / 10
}
