// Divides the CPU time of a process that works for several plugins among the plugins whose calls it executed.
// Invariant: the plugins are never charged more than the process has used, nor any of them more than its calls lasted.

/** Changed in place: nothing of a call survives here (docs/performance.md). */
interface Tally {
  ms: number
}

export class WorkShares {
  readonly #charge: (pluginId: string, ms: number) => void
  readonly #tallies = new Map<string, Tally>()
  #cpuMs: number | undefined

  /** @param charge called with milliseconds of CPU time */
  constructor(charge: (pluginId: string, ms: number) => void) {
    this.#charge = charge
  }

  /** Time used until now is charged to no plugin. @param cpuMs of the process; undefined where the system does not report it */
  begin(cpuMs: number | undefined): void {
    this.#cpuMs = cpuMs
    for (const tally of this.#tallies.values()) tally.ms = 0
  }

  /** A call, or a part of one, took this long. */
  add(pluginId: string, ms: number): void {
    const known = this.#tallies.get(pluginId)
    if (known === undefined) this.#tallies.set(pluginId, { ms })
    else known.ms += ms
  }

  /** Charges what was used since the last time. @param cpuMs as of begin(); without it the time of the calls is charged */
  divide(cpuMs: number | undefined): void {
    const used =
      cpuMs === undefined || this.#cpuMs === undefined ? Number.POSITIVE_INFINITY : cpuMs - this.#cpuMs
    this.#cpuMs = cpuMs
    let sum = 0
    for (const { ms } of this.#tallies.values()) sum += ms
    for (const [pluginId, tally] of this.#tallies) {
      if (tally.ms > 0) this.#charge(pluginId, Math.min(tally.ms, (Math.max(0, used) * tally.ms) / sum))
      tally.ms = 0
    }
  }
}
