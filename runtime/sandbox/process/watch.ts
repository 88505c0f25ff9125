// Watches one sandbox process from outside: that it yields, stays within its memory, and does not push others aside.
// The deadline is enforced here, because plain JavaScript can make an isolate uninterruptible.
// Invariant: a process that does not yield within the CPU budget of its instances, or exceeds its memory, is killed.

import type { SlotFigures } from '../../../sdk/protocol/sandbox-control.ts'
import type { Child } from '../../processes/child.ts'
import { lowerPriority } from '../../processes/niceness.ts'
import type { Instance } from '../instance/instance.ts'
import { InstanceFailure } from '../types.ts'
import type { ControlChannel } from './control-channel.ts'
import { CpuPriority } from './cpu-priority.ts'
import type { CpuShares } from './cpu-shares.ts'

export interface Watched {
  readonly shared: boolean
  readonly child: Child
  readonly control: ControlChannel
  readonly instances: ReadonlyMap<number, Instance>
  /** Ended instances of which operations may still be on threads. */
  readonly leaving: Map<number, Instance>
  readonly shares: CpuShares
  /** @param culprit the instance that is known to be the cause */
  readonly kill: (failure: InstanceFailure, culprit?: Instance) => void
  /** Ends one of several instances. */
  readonly drop: (instance: Instance, failure: InstanceFailure) => void
}

const PING_EVERY_MS = 250
const GRACE_MS = 250
/** How long a run in a shared process may continue after its time limit. */
const STUCK_MS = 1000
/** Resident memory of an empty sandbox process, generously. */
const BASE_BYTES = 160 * 1024 * 1024
/** Of an isolate with an inspector, which keeps scripts, and makes snapshots of the heap. */
const INSPECTOR_BYTES = 1024 * 1024 * 1024

interface Ping {
  readonly sent: number
  /** CPU time of the process, and of its main thread, when the ping was sent. */
  readonly cpuMs: number | undefined
  readonly mainMs: number | undefined
}

export class ProcessWatch {
  readonly #watched: Watched
  /** Undefined in a shared process: a lower priority would hit the neighbours of the one that computes. */
  readonly #priority: CpuPriority | undefined
  /** The unanswered ping. */
  #ping: Ping | undefined
  #lastPing = 0

  constructor(watched: Watched) {
    const { child } = watched
    this.#watched = watched
    if (watched.shared) return
    this.#priority = new CpuPriority(
      { cpuMs: () => child.cpuMs(), isRunnable: () => child.isRunnable() },
      (niceness) => void lowerPriority(child.pid, niceness),
    )
  }

  /** Called at least every 100 ms while there are instances. */
  check(now: number): void {
    this.#priority?.sample(now)
    this.#watchMemory()
    this.#watchYielding(now)
  }

  #watchMemory(): void {
    const { child, instances, kill } = this.#watched
    let allowed = BASE_BYTES
    for (const { spec } of instances.values()) {
      allowed += 2 * spec.limits.memoryMb * 1024 * 1024
      if (spec.inspect !== undefined) allowed += INSPECTOR_BYTES
    }
    const resident = child.residentBytes()
    if (resident <= allowed) return
    const message = `The sandbox process used ${Math.round(resident / 1_048_576)} MB of memory`
    kill(new InstanceFailure('GUEST_CRASHED', message, { reason: 'memory' }))
  }

  #watchYielding(now: number): void {
    const { child, instances, kill } = this.#watched
    if (this.#ping === undefined) {
      if (now - this.#lastPing >= PING_EVERY_MS) this.#sendPing(now)
      return
    }
    const budget = Math.max(...[...instances.values()].map(({ spec }) => spec.limits.cpuMs))
    const silent = now - this.#ping.sent
    if (silent < budget + GRACE_MS) return
    // On a busy machine a process may be silent for lack of CPU: then it has not used its budget. While its main thread wants a
    // CPU, only what that used counts: other threads may compute beside it. Otherwise it waits for one of them.
    const used = child.isRunnable()
      ? (child.mainThreadCpuMs() ?? Number.POSITIVE_INFINITY) - (this.#ping.mainMs ?? 0)
      : (child.cpuMs() ?? Number.POSITIVE_INFINITY) - (this.#ping.cpuMs ?? 0)
    if (used < 0.8 * budget && silent < 8 * budget) return
    kill(notYielding(`did not yield for ${Math.round(silent)} ms`))
  }

  #sendPing(now: number): void {
    const { child, control } = this.#watched
    const ping = { sent: now, cpuMs: child.cpuMs(), mainMs: child.mainThreadCpuMs() }
    this.#lastPing = now
    this.#ping = ping
    control.ping((slots) => {
      if (this.#ping === ping) this.#ping = undefined
      if (slots !== undefined) this.#takeFigures(slots, ping.cpuMs)
    })
  }

  #takeFigures(slots: readonly SlotFigures[], cpuMs: number | undefined): void {
    const { instances, leaving, shares, kill, drop } = this.#watched
    const used = shares.divide(slots, cpuMs)
    for (const [slot, instance] of leaving) {
      const index = slots.findIndex((figures) => figures.slot === slot)
      if (index === -1) leaving.delete(slot)
      else instance.spec.meter.owe(used[index] ?? 0)
    }
    for (const [index, slot] of slots.entries()) {
      const instance = instances.get(slot.slot)
      if (instance === undefined) continue
      const overspent = instance.report(slot, used[index] ?? 0)
      const { cpuMs: budget } = instance.spec.limits
      // The process tried and failed to end that run: its thread is lost.
      if (slot.runMs > budget + STUCK_MS)
        return kill(notYielding(`could not be interrupted for ${Math.round(slot.runMs)} ms`), instance)
      // A run over its time limit is already being ended; disposing of an uninterruptible isolate would block the process.
      const isEnding = slot.runMs > budget
      if (overspent !== undefined && !isEnding) drop(instance, overspent)
    }
  }
}

function notYielding(what: string): InstanceFailure {
  return new InstanceFailure('GUEST_DEADLINE', `The plugin ${what}`, { reason: 'cpu' })
}
