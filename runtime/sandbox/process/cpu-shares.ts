// Whose the processor time of a sandbox process was: what the system has counted for the process, divided among its instances.
// V8's own count is of no use for that: it leaves out what a guest makes the process do for it, and on a busy machine it
// counts the time of others.
// Invariant: all instances of a process together are never charged more than the process has used.

import type { SlotFigures } from '../../../sdk/protocol/sandbox-control.ts'

interface Seen {
  readonly busyMs: number
  readonly cpuMs: number
}

/** Threads of the process that work for a run beside it: collector, compiler, calls into the process. */
const HELPERS = 2

export class CpuShares {
  readonly #shared: boolean
  #cpuMs: number | undefined
  #seen = new Map<number, Seen>()

  /** @param shared whether instances of several plugins may be there */
  constructor(shared: boolean) {
    this.#shared = shared
  }

  /** What the process has used up to now is nobody's. @param cpuMs undefined where the system does not tell */
  begin(cpuMs: number | undefined): void {
    this.#cpuMs = cpuMs
  }

  /**
   * Milliseconds for each of `slots`, in their order, since the last time.
   * @param cpuMs of the process; undefined where the system does not tell: then what V8 has counted
   */
  divide(slots: readonly SlotFigures[], cpuMs: number | undefined): readonly number[] {
    const before = this.#cpuMs
    const seen = this.#seen
    this.#cpuMs = cpuMs
    this.#seen = new Map(
      slots.map((slot) => [slot.slot, { busyMs: told(slot.busyMs), cpuMs: told(slot.cpuMs) }]),
    )
    if (cpuMs === undefined || before === undefined)
      return slots.map((slot) => Math.max(0, told(slot.cpuMs) - (seen.get(slot.slot)?.cpuMs ?? 0)))
    const used = Math.max(0, cpuMs - before)
    if (!this.#shared) return slots.map(() => used)
    const busy = slots.map((slot) => Math.max(0, told(slot.busyMs) - (seen.get(slot.slot)?.busyMs ?? 0)))
    const sum = busy.reduce((total, ms) => total + ms, 0)
    // A process that does nothing for anyone still answers pings.
    return busy.map((ms) => (sum === 0 ? 0 : Math.min((used * ms) / sum, HELPERS * ms)))
  }

  /** What has been used since the last time. */
  rest(cpuMs: number | undefined): number {
    const before = this.#cpuMs
    this.#cpuMs = cpuMs
    return cpuMs === undefined || before === undefined ? 0 : Math.max(0, cpuMs - before)
  }
}

function told(value: unknown): number {
  const number = Number(value)
  return Number.isFinite(number) ? number : 0
}
