// Resource usage of one instance: figures reported by its process, what it is charged for them, and its budget.

import type { SlotFigures } from '../../../sdk/protocol/sandbox-control.ts'
import { InstanceFailure, type InstanceSpec } from '../types.ts'
import type { Usage } from '../usage/usage-meter.ts'
import { type CallCharge, CpuBudget } from './cpu-budget.ts'

/** Minimum CPU cost of a host call in the runtime and in the process that executes it: it is not free there either. */
const HOST_CALL_MS = 0.1

/** The activity of the instance. */
export interface InstanceWork {
  readonly calls: readonly CallCharge[]
  /** Calls started so far. */
  readonly started: number
  /** Pending promises of ctx.waitUntil. */
  readonly waiting: number
  /** Host calls so far. */
  readonly hostCalls: number
  readonly isLoading: boolean
}

export class Consumption implements Omit<Usage, 'openCalls'> {
  readonly #spec: InstanceSpec
  readonly #budget: CpuBudget
  #cpuMs = 0
  /** Time of its operations on threads of the pool. */
  #poolMs = 0
  #heapBytes = 0
  #externalBytes = 0

  constructor(spec: InstanceSpec) {
    this.#spec = spec
    this.#budget = new CpuBudget(spec.limits.cpuMs)
  }

  get cpuMs(): number {
    return this.#cpuMs
  }

  get heapBytes(): number {
    return this.#heapBytes
  }

  get externalBytes(): number {
    return this.#externalBytes
  }

  take({ heapBytes, externalBytes, poolMs }: SlotFigures): void {
    this.#poolMs = Number(poolMs) || 0
    this.#heapBytes = Number(heapBytes) || 0
    this.#externalBytes = Number(externalBytes) || 0
  }

  /** @returns whether the plugin is over its average now */
  charge(usedMs: number, now: number): boolean {
    this.#cpuMs += usedMs
    const { meter, limits } = this.#spec
    return meter.spend(usedMs, now, limits.cpuPercent)
  }

  /** @returns the reason to end the instance when it has exceeded its CPU budget */
  check(work: InstanceWork, busyMs: number, now: number): InstanceFailure | undefined {
    const { calls, started, waiting, hostCalls, isLoading } = work
    const reason = this.#budget.check({
      cpuMs: this.#cpuMs,
      totalMs: this.#cpuMs + hostCalls * HOST_CALL_MS,
      busyMs,
      now,
      calls,
      openCalls: calls.length,
      started,
      waiting,
      isLoading,
    })
    if (reason === undefined) return undefined
    const use = this.#poolMs > this.#cpuMs / 2 ? ', most of it for crypto and compression' : ''
    return new InstanceFailure('GUEST_DEADLINE', `${reason}${use}`, { reason: 'cpu' })
  }
}
