// Runs one release of one plugin: starts its instance at the first call, stops it when idle, restarts it after a crash,
// and gives up (quarantine) when it fails too often.
// Invariant: a call is passed to a loaded instance or refused with a code; it is never left waiting for ever.

import type { OutgoingCall, ReplySink } from '../../../sdk/protocol/channel.ts'
import { GUEST_CALLS, type GuestCallRow, type GuestExports } from '../../../sdk/protocol/guest-calls.ts'
import type { Body, WireError } from '../../../sdk/protocol/wire.ts'
import type { SandboxConfig } from '../../config/config.ts'
import type { Instance } from '../instance/instance.ts'
import type { Sandbox } from '../placement/sandbox.ts'
import { type CallOptions, InstanceFailure, type InstanceSpec } from '../types.ts'
import { CountedSink } from './counted-sink.ts'

export type RunnerState = 'idle' | 'starting' | 'running' | 'failed' | 'quarantined' | 'stopped'

export interface RunnerOptions {
  readonly spec: InstanceSpec
  readonly sandbox: Sandbox
  readonly config: SandboxConfig
  readonly onState: (state: RunnerState) => void
}

export interface RunnerFailure {
  /** On the clock of performance.now(). */
  readonly at: number
  /** ISO 8601. */
  readonly time: string
  readonly failure: InstanceFailure
}

/** How long a drained runner waits for open calls and ctx.waitUntil. */
const DRAIN_MS = 30_000
const BACKOFF_MS = [0, 0, 200, 1000, 5000]

export class PluginRunner {
  readonly spec: InstanceSpec
  readonly #options: RunnerOptions
  #state: RunnerState = 'idle'
  #instance: Instance | undefined
  #starting: Promise<Instance> | undefined
  #failures: RunnerFailure[] = []
  #lastFailure: InstanceFailure | undefined
  #notBefore = 0
  #ownProcess = false
  #holds = 0
  /** Of each WebSocket: what to call when this release serves no more. */
  readonly #sockets = new Set<() => void>()
  #isRetired = false
  #exports: GuestExports | undefined
  #idleTimer: NodeJS.Timeout | undefined
  /** When the plugin was found over its average of processor time; undefined while it is not. */
  #overSince: number | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.spec = options.spec
  }

  get state(): RunnerState {
    return this.#state
  }

  /** Those that count towards quarantine, oldest first. */
  get failures(): readonly RunnerFailure[] {
    return this.#failures
  }

  /** Why it is `failed` or `quarantined`. */
  get lastFailure(): InstanceFailure | undefined {
    return this.#lastFailure
  }

  /** Milliseconds until requests are taken again, when the plugin is over its average of processor time; else 0. */
  get throttledMs(): number {
    const { meter, limits } = this.spec
    return meter.throttledMs(limits.cpuPercent)
  }

  /** What its backend exports, once it has loaded. */
  get exports(): GuestExports | undefined {
    return this.#exports
  }

  /** Loads the plugin once to see that it loads. Rejects with an InstanceFailure. */
  async verify(): Promise<GuestExports> {
    const instance = await this.#ensure()
    return await instance.loaded
  }

  /** Makes a guest call. The sink gets PLUGIN_UNAVAILABLE, GUEST_BUSY, GUEST_THROTTLED, or what Instance.call says. */
  call(head: string, body: Body, sink: ReplySink, options: CallOptions = {}): OutgoingCall | undefined {
    const { meter, limits } = this.spec
    const row: GuestCallRow = options.row ?? GUEST_CALLS.fetch
    if (row.charge === 'request') meter.requests++
    if (this.throttledMs > 0) {
      meter.throttled++
      sink.error({
        code: 'GUEST_THROTTLED',
        message: `The plugin used more than ${limits.cpuPercent} % of a core`,
      })
      return undefined
    }
    const counted = new CountedSink(sink, meter)
    const instance = this.#instance
    if (instance !== undefined && this.#state === 'running')
      return this.#send(instance, head, body, counted, options)
    let call: OutgoingCall | undefined
    let cancelled = false
    this.#ensure().then(
      (started) => {
        if (!cancelled) call = this.#send(started, head, body, counted, options)
      },
      (failure: InstanceFailure) => {
        if (!cancelled)
          counted.error({
            code: failure.code === 'LOAD_FAILED' ? 'PLUGIN_UNAVAILABLE' : failure.code,
            message: failure.message,
          })
      },
    )
    // A body that goes on in chunks needs its stream at once: such calls wait in the caller (see ready()).
    return {
      id: 0,
      body: undefined,
      cancel: () => {
        cancelled = true
        call?.cancel()
      },
    }
  }

  /** Resolves when the instance runs; for calls whose body streams. Rejects with an InstanceFailure. */
  async ready(): Promise<void> {
    // The call is refused with the right words, and nothing is started for it.
    if (this.throttledMs > 0) return
    if (this.#state !== 'running') await this.#ensure()
  }

  /** Tells a running instance; one that does not run has nothing to hear. */
  event(head: string): void {
    this.#instance?.event(head)
  }

  /** Forgets failures, so that the next call starts the plugin again. */
  retry(): void {
    this.#failures = []
    this.#notBefore = 0
    if (this.#state === 'failed' || this.#state === 'quarantined') this.#enter('idle')
  }

  /**
   * For a request that has found this runner, and makes its call later: drain() waits for it.
   * @returns to be called when the call has been made, or will not be
   */
  hold(): () => void {
    let isHeld = true
    this.#holds++
    return () => {
      if (isHeld) this.#holds--
      isHeld = false
    }
  }

  /** WebSockets of visitors, from their handshakes on. They keep the instance, and are no requests in flight. */
  get sockets(): number {
    return this.#sockets.size
  }

  /**
   * For a WebSocket, before its handshake.
   * @param retire called when this release serves no more: the socket is to be closed then
   * @returns to be called when the socket has ended; undefined when there are as many as there may be
   */
  addSocket(retire: () => void): (() => void) | undefined {
    if (this.#sockets.size >= this.spec.limits.maxSockets) return undefined
    const entry = () => retire()
    this.#sockets.add(entry)
    if (this.#isRetired) queueMicrotask(entry)
    return () => this.#sockets.delete(entry)
  }

  /** No request finds this runner any more: waits for what is held, starting and open, then stops the instance. */
  async drain(): Promise<void> {
    this.#retireSockets()
    const until = performance.now() + DRAIN_MS
    const isAwaited = () => this.#holds > 0 || this.#starting !== undefined || this.#instance?.busy === true
    while (isAwaited() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
    this.stop()
  }

  stop(): void {
    clearTimeout(this.#idleTimer)
    this.#retireSockets()
    const instance = this.#instance
    this.#instance = undefined
    this.#enter('stopped')
    if (instance !== undefined) this.#options.sandbox.stop(instance)
  }

  #retireSockets(): void {
    if (this.#isRetired) return
    this.#isRetired = true
    for (const retire of this.#sockets) retire()
  }

  #send(
    instance: Instance,
    head: string,
    body: Body,
    sink: ReplySink,
    options: CallOptions,
  ): OutgoingCall | undefined {
    if (instance.openCalls - this.#sockets.size >= this.spec.limits.maxRequestsInFlight) {
      sink.error({
        code: 'GUEST_BUSY',
        message: `More than ${this.spec.limits.maxRequestsInFlight} requests in flight`,
      })
      return undefined
    }
    if (!instance.shared) return instance.call(head, body, sink, options)
    const effects = instance.effects
    let call: OutgoingCall | undefined
    let isCancelled = false
    const repeat = (error: WireError) =>
      this.#ensure().then(
        (next) => {
          if (!isCancelled) call = next.call(head, body, sink, options)
        },
        () => sink.error(error),
      )
    call = instance.call(
      head,
      body,
      {
        reply: (replyHead, replyBody, stream) => sink.reply(replyHead, replyBody, stream),
        error: (error) => {
          if (instance.ended?.isLost !== true || error.code !== 'GUEST_CRASHED') return sink.error(error)
          const lost = { code: 'PLUGIN_UNAVAILABLE', message: error.message }
          const isRepeatable = options.repeatable === true && instance.effects === effects
          if (isRepeatable && this.#state !== 'stopped') void repeat(lost)
          else sink.error(lost)
        },
      },
      options,
    )
    return {
      id: call?.id ?? 0,
      body: call?.body,
      cancel() {
        isCancelled = true
        call?.cancel()
      },
    }
  }

  #ensure(): Promise<Instance> {
    if (this.#instance !== undefined && this.#state === 'running') return Promise.resolve(this.#instance)
    if (this.#starting !== undefined) return this.#starting
    if (this.#state === 'stopped')
      return Promise.reject(new InstanceFailure('LOAD_FAILED', 'The plugin was stopped'))
    if (this.#state === 'quarantined' || performance.now() < this.#notBefore) {
      return Promise.reject(
        new InstanceFailure(
          'LOAD_FAILED',
          this.#lastFailure?.message ?? 'The plugin is stopped after failures',
        ),
      )
    }
    this.#starting = this.#start().finally(() => {
      this.#starting = undefined
    })
    return this.#starting
  }

  async #start(mayRepeat = true): Promise<Instance> {
    this.#enter('starting')
    const { sandbox } = this.#options
    let instance: Instance | undefined
    try {
      instance = await sandbox.start(this.spec, { ownProcess: this.#ownProcess })
      this.#exports = await withDeadline(instance.loaded, this.spec.limits.deadlineMs)
    } catch (error) {
      if (instance !== undefined) sandbox.stop(instance)
      const failure =
        error instanceof InstanceFailure ? error : new InstanceFailure('LOAD_FAILED', String(error))
      // A process may end for want of memory, or be ended by somebody: what does it once more is the plugin.
      if (failure.reason === 'crash' && mayRepeat && this.#state === 'starting')
        return await this.#start(false)
      this.#fail(failure, instance, 'failed')
      if (failure.isBystander && mayRepeat) return await this.#start(false)
      throw failure
    }
    if (this.#state === 'stopped') {
      sandbox.stop(instance)
      throw new InstanceFailure('LOAD_FAILED', 'The plugin was stopped')
    }
    const started = instance
    this.#instance = started
    this.#enter('running')
    started.onSpent = (isOver) => this.#throttle(started, isOver)
    started.onEnded((failure) => {
      if (this.#instance !== started) return
      this.#instance = undefined
      this.spec.meter.restarts++
      this.#fail(failure, started)
    })
    this.#scheduleIdleCheck(started)
    return started
  }

  /** @param state what the plugin is in then, when it may be tried again */
  #fail(failure: InstanceFailure, instance: Instance | undefined, state: 'idle' | 'failed' = 'idle'): void {
    if (this.#state === 'stopped') return
    clearTimeout(this.#idleTimer)
    if (failure.isBystander) return this.#enter('idle')
    this.#lastFailure = failure
    // Where requests were open, each of them is reported.
    if (failure.reason !== undefined && instance?.openCalls === 0)
      this.spec.onError({ name: failure.code, message: failure.message, stack: '' })
    // In a shared process any plugin with an open run may be the culprit one: it proves itself in a process of its own.
    if (instance?.shared && failure.code !== 'LOAD_FAILED') {
      this.#ownProcess = true
      return this.#enter('idle')
    }
    const { maxFailures, failureWindowMs } = this.#options.config
    const now = performance.now()
    const recent = this.#failures.filter(({ at }) => now - at < failureWindowMs)
    this.#failures = [...recent, { at: now, time: new Date().toISOString(), failure }]
    if (this.#failures.length >= maxFailures) return this.#enter('quarantined')
    this.#notBefore = now + (BACKOFF_MS[this.#failures.length - 1] ?? 5000)
    this.#enter(state)
  }

  /**
   * The plugin is over its average: requests are refused, and what is under way may end. Then, or when that takes longer
   * than an answer may take, the instance is stopped: nothing else keeps it from going on.
   */
  #throttle(instance: Instance, isOver: boolean): void {
    if (this.#instance !== instance) return
    if (!isOver) {
      this.#overSince = undefined
      return
    }
    const { limits, onLog } = this.spec
    const now = performance.now()
    if (this.#overSince === undefined) {
      this.#overSince = now
      onLog(
        'warn',
        `More than ${limits.cpuPercent} % of a core was used over the last minute: requests are refused until the average is below`,
      )
    }
    if (instance.busy && now - this.#overSince < limits.deadlineMs) return
    this.#overSince = undefined
    clearTimeout(this.#idleTimer)
    this.#instance = undefined
    this.#enter('idle')
    this.#options.sandbox.stop(instance)
  }

  #scheduleIdleCheck(instance: Instance): void {
    const { idleMs } = this.#options.config
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => {
      if (this.#instance !== instance) return
      if (instance.busy || performance.now() - instance.lastActive < idleMs)
        return this.#scheduleIdleCheck(instance)
      this.#instance = undefined
      this.#enter('idle')
      this.#options.sandbox.stop(instance)
    }, idleMs)
    this.#idleTimer.unref()
  }

  #enter(state: RunnerState): void {
    if (this.#state === state || this.#state === 'stopped') return
    this.#state = state
    this.#options.onState(state)
  }
}

async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new InstanceFailure('LOAD_FAILED', `The backend did not load within ${ms} ms`)),
      ms,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
