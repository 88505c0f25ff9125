// The failures of one release, and the consequence: none, a process of its own, a pause, or quarantine.

import type { SandboxConfig } from '../../config/config.ts'
import type { InstanceFailure } from '../types.ts'
import { judge, type RunnerFailure } from './backoff.ts'

/** `bystander`: the plugin was not the cause. `strike`: it may have been; it gets a process of its own to prove otherwise. */
export type Consequence = 'bystander' | 'strike' | 'backoff' | 'quarantine'

export class FailureRecord {
  readonly #config: SandboxConfig
  #failures: readonly RunnerFailure[] = []
  #last: InstanceFailure | undefined
  #notBefore = 0
  #hasStrike = false

  constructor(config: SandboxConfig) {
    this.#config = config
  }

  /** Failures that count towards quarantine, oldest first. */
  get failures(): readonly RunnerFailure[] {
    return this.#failures
  }

  get last(): InstanceFailure | undefined {
    return this.#last
  }

  get message(): string {
    return this.#last?.message ?? 'The plugin was stopped'
  }

  get hasStrike(): boolean {
    return this.#hasStrike
  }

  /** Milliseconds until the plugin may be started again; 0 when it may. */
  get backoffMs(): number {
    return Math.max(0, this.#notBefore - performance.now())
  }

  add(failure: InstanceFailure, wasShared: boolean): Consequence {
    if (failure.isBystander) return 'bystander'
    this.#last = failure
    // In a shared process any plugin with an open run may be the culprit.
    if (wasShared && failure.code !== 'LOAD_FAILED') {
      this.#hasStrike = true
      return 'strike'
    }
    const now = performance.now()
    const latest = { at: now, time: new Date().toISOString(), failure }
    const { failures, isQuarantined, notBefore } = judge([...this.#failures, latest], now, this.#config)
    this.#failures = failures
    this.#notBefore = notBefore
    return isQuarantined ? 'quarantine' : 'backoff'
  }
}
