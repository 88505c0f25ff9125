// Runs one release of one plugin: starts its instance at the first call, stops it when idle, restarts it after a crash, and
// quarantines it when it fails too often.
// Invariant: a call is sent to a loaded instance, refused with a code, or moved to the next release; none waits for ever.

import type { GuestExports } from '../../../sdk/protocol/guest-calls.ts'
import type { SandboxConfig } from '../../config/config.ts'
import type { Instance } from '../instance/instance.ts'
import type { Sandbox } from '../placement/sandbox.ts'
import { InstanceFailure, type InstanceSpec, type Retirement } from '../types.ts'
import { Admission } from './admission.ts'
import type { RunnerFailure } from './backoff.ts'
import type { CallError, Caller } from './caller.ts'
import { FailureRecord } from './failure-record.ts'
import { type CallMessage, GuestCall } from './guest-call.ts'
import { IdleTimer } from './idle-timer.ts'
import { throttled, unavailable } from './refusals.ts'
import { startInstance } from './start-instance.ts'
import { Throttle } from './throttle.ts'

export type RunnerState = 'idle' | 'starting' | 'running' | 'failed' | 'quarantined' | 'stopped'

export interface RunnerOptions {
  readonly spec: InstanceSpec
  readonly sandbox: Sandbox
  readonly config: SandboxConfig
  readonly onState: (state: RunnerState) => void
  /** How long a retired runner waits for open calls and ctx.waitUntil, unless it was withdrawn. */
  readonly drainMs?: number
}

const DRAIN_MS = 30_000
const DRAIN_LOOK_MS = 20
/** The longest time of a timer. */
const NEVER_MS = 2 ** 31 - 1

export class PluginRunner {
  readonly spec: InstanceSpec
  readonly #options: RunnerOptions
  readonly #admission: Admission
  readonly #throttle: Throttle
  readonly #idle: IdleTimer
  readonly #record: FailureRecord
  #state: RunnerState = 'idle'
  #instance: Instance | undefined
  #starting: Promise<Instance> | undefined
  /** Waiting calls are served when the pause is over. */
  #backoff: NodeJS.Timeout | undefined
  #isRetired = false
  #exports: GuestExports | undefined

  constructor(options: RunnerOptions) {
    const { spec, sandbox, config } = options
    this.#options = options
    this.spec = spec
    this.#admission = new Admission({
      limits: spec.limits,
      meter: spec.meter,
      memory: sandbox.queueMemory,
      onStarved: () => this.#serveWaiting(),
    })
    this.#throttle = new Throttle(spec.limits.deadlineMs, () => this.#beginThrottling())
    this.#record = new FailureRecord(config)
    this.#idle = new IdleTimer(spec.inspect === undefined ? config.idleMs : NEVER_MS, () =>
      this.#leaveInstance('idle'),
    )
  }

  get state(): RunnerState {
    return this.#state
  }

  /** Failures that count towards quarantine, oldest first. */
  get failures(): readonly RunnerFailure[] {
    return this.#record.failures
  }

  /** The reason for the states `failed` and `quarantined`. */
  get lastFailure(): InstanceFailure | undefined {
    return this.#record.last
  }

  /** WebSockets of visitors, counted from their handshakes. */
  get sockets(): number {
    return this.#admission.sockets
  }

  /** The exports of its backend, once it has loaded. */
  get exports(): GuestExports | undefined {
    return this.#exports
  }

  /** Loads the plugin once to verify that it loads. Rejects with an InstanceFailure. */
  async verify(): Promise<GuestExports> {
    const instance = await this.#ensure()
    return await instance.loaded
  }

  /**
   * Makes a guest call, now or when its turn comes. The caller gets GUEST_BUSY, GUEST_THROTTLED, PLUGIN_UNAVAILABLE, or an
   * error of Instance.call, possibly before this returns.
   */
  call(message: CallMessage, given: Caller): GuestCall {
    const now = performance.now()
    const { recorder } = this.spec
    const caller = recorder === undefined ? given : recorder.watch(message, given)
    const call = new GuestCall(this.#admission, message, caller, now)
    if (call.row.charge === 'request' && message.arrivedAt === undefined) this.spec.meter.countRequest()
    const refusal = this.#refusal()
    if (this.#isRetired) call.move()
    else if (refusal !== undefined) this.#admission.refuse(call, refusal)
    else this.#admission.admit(call, now)
    return call
  }

  /** Sends the event to a running instance; without one there is no subscriber. */
  event(head: string): void {
    this.#instance?.event(head)
  }

  /**
   * The release serves no more: moves waiting calls, and stops the instance: at once when it is withdrawn, otherwise when the
   * open calls have ended.
   */
  async retire(how: Retirement): Promise<void> {
    this.#isRetired = true
    this.#admission.retire()
    this.#instance?.retire(how)
    const until = performance.now() + (how === 'withdrawn' ? 0 : (this.#options.drainMs ?? DRAIN_MS))
    const isAwaited = () => this.#starting !== undefined || this.#instance?.busy === true
    while (isAwaited() && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS))
    this.#leaveInstance('stopped')
  }

  /** Ends the running instance with all its calls; the next call starts another one. */
  stopInstance(): void {
    if (this.#instance !== undefined) this.#leaveInstance('idle')
  }

  /** Why calls are refused now instead of waiting. */
  #refusal(): CallError | undefined {
    const { meter, limits } = this.spec
    const throttledMs = meter.throttledMs(limits.cpuPercent)
    if (throttledMs > 0) return throttled(limits.cpuPercent, throttledMs)
    if (this.#state === 'running') return undefined
    const { message, backoffMs } = this.#record
    if (this.#state !== 'quarantined' && (this.#state !== 'failed' || backoffMs === 0)) return undefined
    return unavailable(message, backoffMs)
  }

  /** Starts an instance for waiting calls. */
  #serveWaiting(): void {
    if (this.#admission.waiting === 0 || this.#instance !== undefined || this.#starting !== undefined) return
    if (this.#isRetired) return this.#admission.retire()
    const refusal = this.#refusal()
    if (refusal !== undefined) return this.#admission.refuseAll(refusal)
    const { backoffMs } = this.#record
    if (backoffMs > 0) {
      clearTimeout(this.#backoff)
      this.#backoff = setTimeout(() => this.#serveWaiting(), backoffMs)
      return
    }
    // #fail() reports a failure to the waiting calls.
    this.#ensure().catch(() => undefined)
  }

  #ensure(): Promise<Instance> {
    if (this.#instance !== undefined) return Promise.resolve(this.#instance)
    if (this.#starting !== undefined) return this.#starting
    const { message, backoffMs } = this.#record
    if (this.#state === 'stopped' || this.#state === 'quarantined' || backoffMs > 0)
      return Promise.reject(new InstanceFailure('LOAD_FAILED', message))
    this.#starting = this.#start().finally(() => {
      this.#starting = undefined
      this.#serveWaiting()
    })
    return this.#starting
  }

  async #start(): Promise<Instance> {
    const { sandbox } = this.#options
    for (let isFirst = true; ; isFirst = false) {
      this.#enter('starting')
      const attempt = await startInstance(sandbox, this.spec, this.#record.hasStrike)
      const { instance, failure } = attempt
      if (this.#state === 'stopped') {
        if (failure === undefined) sandbox.stop(instance)
        throw new InstanceFailure('LOAD_FAILED', 'The plugin was stopped')
      }
      if (failure === undefined) {
        this.#exports = attempt.exports
        return this.#run(instance)
      }
      // Retry once: the first crash may be the OOM killer. A second one is the plugin's fault.
      if (isFirst && failure.reason === 'crash') continue
      this.#fail(failure, instance, 'failed')
      if (!isFirst || !failure.isBystander) throw failure
    }
  }

  #run(instance: Instance): Instance {
    this.#instance = instance
    this.#enter('running')
    instance.onCharged((isOver) => {
      if (this.#instance === instance && this.#throttle.check(isOver, instance.busy))
        this.#leaveInstance('idle')
    })
    instance.onEnded((failure) => {
      if (this.#instance === instance) this.#lose(instance, failure)
    })
    this.#idle.watch(instance)
    if (this.#instance === instance) this.#admission.open(instance)
    return instance
  }

  #lose(instance: Instance, failure: InstanceFailure): void {
    this.#instance = undefined
    this.#admission.close()
    this.spec.meter.countRestart()
    this.#fail(failure, instance, 'idle')
    this.#serveWaiting()
  }

  /** @param state the resulting state when the plugin may be retried */
  #fail(failure: InstanceFailure, instance: Instance | undefined, state: 'idle' | 'failed'): void {
    if (this.#state === 'stopped') return
    this.#idle.stop()
    const consequence = this.#record.add(failure, instance?.shared === true)
    // With open requests, each of them reports the failure instead.
    if (consequence !== 'bystander' && failure.reason !== undefined && instance?.openCalls === 0)
      this.spec.onError({ name: failure.code, message: failure.message, stack: '' })
    if (consequence === 'bystander' || consequence === 'strike') return this.#enter('idle')
    this.#enter(consequence === 'quarantine' ? 'quarantined' : state)
    if (state === 'failed') this.#admission.refuseAll(unavailable(failure.message, 0))
  }

  #beginThrottling(): void {
    const { meter, limits, onLog } = this.spec
    onLog(
      'warn',
      `More than ${limits.cpuPercent} % of a core was used over the last minute: requests are refused until the average is below`,
    )
    this.#admission.refuseAll(throttled(limits.cpuPercent, meter.throttledMs(limits.cpuPercent)))
  }

  /** Stops the instance, if there is one. */
  #leaveInstance(state: 'idle' | 'stopped'): void {
    this.#idle.stop()
    const instance = this.#instance
    this.#instance = undefined
    this.#admission.close()
    this.#enter(state)
    if (instance !== undefined) this.#options.sandbox.stop(instance)
  }

  #enter(state: RunnerState): void {
    if (this.#state === state || this.#state === 'stopped') return
    this.#state = state
    this.#options.onState(state)
  }
}
