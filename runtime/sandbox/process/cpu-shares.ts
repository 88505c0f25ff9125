// Divides the CPU time that the system has counted for a sandbox process among its instances.
// V8's own count is not enough: it omits what the process does on behalf of a guest, and on a busy machine it includes the time
// of others.
// Invariant: the instances of a process are never charged more than the process has used.

import type { SlotFigures } from '../../../sdk/protocol/sandbox-control.ts'

interface Seen {
  readonly busyMs: number
  readonly poolMs: number
  readonly cpuMs: number
}

/** Threads of the process that work on behalf of a run, beside those of the pool: garbage collector, compiler, calls into it. */
const HELPERS = 2

export class CpuShares {
  readonly #shared: boolean
  #cpuMs: number | undefined
  #seen = new Map<number, Seen>()

  /** @param shared whether it may hold instances of several plugins */
  constructor(shared: boolean) {
    this.#shared = shared
  }

  /** Time used until now is charged to no instance. @param cpuMs undefined where the system does not report it */
  begin(cpuMs: number | undefined): void {
    this.#cpuMs = cpuMs
  }

  /**
   * Milliseconds for each of `slots`, in their order, since the last call.
   * @param cpuMs of the process; undefined where the system does not report it: then V8's counts are used
   */
  divide(slots: readonly SlotFigures[], cpuMs: number | undefined): readonly number[] {
    const before = this.#cpuMs
    const seen = this.#seen
    this.#cpuMs = cpuMs
    this.#seen = new Map(
      slots.map(({ slot, busyMs, poolMs, cpuMs: own }) => [
        slot,
        { busyMs: finite(busyMs), poolMs: finite(poolMs), cpuMs: finite(own) },
      ]),
    )
    if (cpuMs === undefined || before === undefined)
      return slots.map((slot) => Math.max(0, finite(slot.cpuMs) - (seen.get(slot.slot)?.cpuMs ?? 0)))
    const used = Math.max(0, cpuMs - before)
    if (!this.#shared) return slots.map(() => used)
    const work = slots.map(({ slot, busyMs, poolMs }) => {
      const runs = Math.max(0, finite(busyMs) - (seen.get(slot)?.busyMs ?? 0))
      const pool = Math.max(0, finite(poolMs) - (seen.get(slot)?.poolMs ?? 0))
      return { time: runs + pool, most: HELPERS * runs + pool }
    })
    const sum = work.reduce((total, { time }) => total + time, 0)
    // An idle process still answers pings.
    return work.map(({ time, most }) => (sum === 0 ? 0 : Math.min((used * time) / sum, most)))
  }

  /** Time used since the last call. */
  rest(cpuMs: number | undefined): number {
    const before = this.#cpuMs
    this.#cpuMs = cpuMs
    return cpuMs === undefined || before === undefined ? 0 : Math.max(0, cpuMs - before)
  }
}

function finite(value: unknown): number {
  const number = Number(value)
  return Number.isFinite(number) ? number : 0
}
