// One running isolate of a release, seen from the runtime: guest calls go in with a deadline, host calls come out.
// Invariant: every call is settled by its deadline, and when the instance ends, exactly once.

import { CallTable } from '../../../sdk/protocol/call-table.ts'
import {
  Channel,
  type IncomingCall,
  type OutgoingCall,
  type ReplySink,
} from '../../../sdk/protocol/channel.ts'
import type { GuestEvent } from '../../../sdk/protocol/guest-boot.ts'
import { GUEST_CALLS, type GuestCallRow, type GuestExports } from '../../../sdk/protocol/guest-calls.ts'
import type { SlotFigures } from '../../../sdk/protocol/sandbox-control.ts'
import type { Body, SendFrame, WireError } from '../../../sdk/protocol/wire.ts'
import { ERROR_CODES, PlugbayError } from '../../errors.ts'
import { type CallOptions, InstanceFailure, type InstanceSpec } from '../types.ts'
import type { Usage } from '../usage/usage-meter.ts'
import { pauseWhileReceiving } from './body-deadline.ts'
import { CpuBudget } from './cpu-budget.ts'
import { HandleTable } from './handles.ts'
import { HostCallAdmission } from './host-call-admission.ts'
import { CallStreams, sendStream } from './host-streams.ts'
import { countUpload, OpenCall } from './open-call.ts'
import { type HostCallRequest, parseGuestEvent, parseHostCall } from './parse-guest-messages.ts'

/** The guest keeps to its limit itself; calls that it has just cancelled may still be on their way. */
const SPARE_CALLS = 16
/** So much work as a host call that does not exist is no frame that is just passed over. */
const UNKNOWN_CALL_FRAMES = 20
/** What has been done of late may be why a process ends in which no code is running. */
const RECENT_MS = 1000
/** How long a promise of ctx.waitUntil is waited for (docs/guest-api.md). */
const WAIT_UNTIL_MS = 30_000
/** What a host call costs at least in the runtime, and in the process that answers it: it is not for free there either. */
const HOST_CALL_MS = 0.1

export class Instance implements Usage {
  readonly spec: InstanceSpec
  readonly slot: number
  readonly shared: boolean
  /** Settles when the plugin's module has loaded, or failed to. */
  readonly loaded: Promise<GuestExports>
  cpuMs = 0
  heapBytes = 0
  externalBytes = 0
  /** Told with every report whether the plugin is over its average of processor time. */
  onSpent: ((isOver: boolean) => void) | undefined
  /** Host calls that may have changed something. */
  effects = 0
  #hostCalls = 0
  lastActive = performance.now()
  #waiting = 0
  /** When the last of them was told of. */
  #waitingSince = 0
  isLoading = true
  /** In a shared process, by its own word: whether code of the guest is running there. */
  isRunning = false
  readonly #channel: Channel
  readonly #open = new CallTable<OpenCall>()
  readonly #loading = Promise.withResolvers<GuestExports>()
  readonly #onViolation: (reason: string) => void
  readonly #onIgnored: (frames?: number) => void
  readonly #admission: HostCallAdmission
  readonly #budget: CpuBudget
  readonly #handles: HandleTable
  #nextKey = 1
  #ended: InstanceFailure | undefined
  readonly #onEnded: ((failure: InstanceFailure) => void)[] = []

  constructor(
    spec: InstanceSpec,
    place: {
      readonly slot: number
      readonly shared: boolean
      readonly send: SendFrame
      readonly onViolation: (reason: string) => void
      /** A frame that changed nothing, or one that is as bad as several. */
      readonly onIgnored: (frames?: number) => void
    },
  ) {
    this.spec = spec
    this.slot = place.slot
    this.shared = place.shared
    this.#onViolation = place.onViolation
    this.#onIgnored = place.onIgnored
    this.#admission = new HostCallAdmission(spec.limits.maxHostCalls + SPARE_CALLS)
    this.#budget = new CpuBudget(spec.limits.cpuMs)
    this.#handles = new HandleTable(spec.meter.handles)
    spec.meter.attach(this)
    this.#channel = new Channel(place.send, {
      call: (call) => this.#receiveCall(call),
      event: (head) => this.#receiveEvent(head),
      ignored: () => place.onIgnored(),
    })
    this.loaded = this.#loading.promise
    // Whoever loads awaits it; a process that dies before anyone does must not raise an unhandled rejection.
    this.loaded.catch(() => undefined)
  }

  get openCalls(): number {
    return this.#open.size
  }

  /** Promises of ctx.waitUntil that are pending, and waited for. */
  get waiting(): number {
    return performance.now() - this.#waitingSince < WAIT_UNTIL_MS ? this.#waiting : 0
  }

  get busy(): boolean {
    return this.#open.size > 0 || this.waiting > 0
  }

  /** Whether it has done something of late, or is about to. */
  get isRecent(): boolean {
    return this.busy || this.isLoading || performance.now() - this.lastActive < RECENT_MS
  }

  get ended(): InstanceFailure | undefined {
    return this.#ended
  }

  /** Each listener is called once, when the instance is no more; at once when that has been. */
  onEnded(listener: (failure: InstanceFailure) => void): void {
    if (this.#ended !== undefined) listener(this.#ended)
    else this.#onEnded.push(listener)
  }

  /**
   * Makes a guest call. The sink gets GUEST_ERROR, GUEST_DEADLINE, GUEST_CRASHED or CANCELLED.
   * The deadline counts until the head of the reply; while a body is arriving, from its last byte that the plugin got.
   */
  call(head: string, body: Body, sink: ReplySink, options: CallOptions = {}): OutgoingCall | undefined {
    const { meter, limits } = this.spec
    const { more = false } = options
    const row: GuestCallRow = options.row ?? GUEST_CALLS.fetch
    const deadlineMs = row.deadlineMs ?? limits.deadlineMs
    const now = performance.now()
    this.lastActive = now
    const key = this.#nextKey++
    if (row.charge === 'request') meter.serve()
    meter.bytesIn += lengthOf(body)
    const open = new OpenCall(this, key, sink, { now, deadlineMs })
    this.#open.set(key, open)
    const call = this.#channel.call(head, body, open, more !== false)
    open.call = call
    if (call.body !== undefined) {
      countUpload(call.body, meter)
      if (more === 'arriving')
        pauseWhileReceiving(call.body, deadlineMs, (deadline) => {
          if (!open.isStreaming) open.deadline = deadline
        })
    }
    return open
  }

  /** The call is answered in full. False: it has been settled before. */
  close(key: number): boolean {
    if (!this.#open.delete(key)) return false
    this.lastActive = performance.now()
    return true
  }

  isOpen(key: number): boolean {
    return this.#open.has(key)
  }

  event(head: string): void {
    this.#channel.event(head)
  }

  receive(kind: number, id: number, head: string, body: Uint8Array | undefined): void {
    if (this.#ended !== undefined) return
    if (!this.#channel.receive(kind, id, head, body)) this.#onViolation(`malformed frame of kind ${kind}`)
  }

  /** Fails the calls whose deadline has passed. Calls are kept in the order of their start. */
  checkDeadlines(now: number): void {
    for (const [key, open] of this.#open.entries()) {
      if (open.deadline > now) continue
      this.#open.delete(key)
      open.sink.error({
        code: 'GUEST_DEADLINE',
        message: `No answer within ${open.deadlineMs} ms`,
      })
      open.call?.cancel()
    }
  }

  /**
   * Takes what the sandbox process tells of the isolate, and the processor time that is charged for it, in milliseconds.
   * @returns why the instance must end, when it has used more processor time than it may
   */
  report(told: SlotFigures, usedMs: number): InstanceFailure | undefined {
    this.heapBytes = Number(told.heapBytes) || 0
    this.externalBytes = Number(told.externalBytes) || 0
    const now = performance.now()
    this.onSpent?.(this.charge(usedMs, now))
    const reason = this.#budget.check({
      cpuMs: this.cpuMs,
      totalMs: this.cpuMs + this.#hostCalls * HOST_CALL_MS,
      busyMs: told.busyMs,
      now,
      calls: this.#open.values(),
      openCalls: this.#open.size,
      started: this.#nextKey,
      waiting: this.waiting,
      isLoading: this.isLoading,
    })
    return reason === undefined
      ? undefined
      : new InstanceFailure('GUEST_DEADLINE', reason, { reason: 'processor' })
  }

  /** @returns whether the plugin is over its average now */
  charge(usedMs: number, now: number): boolean {
    this.cpuMs += usedMs
    const { meter, limits } = this.spec
    return meter.spend(usedMs, now, limits.cpuPercent)
  }

  /** Ends the instance here: fails what is open. The owner ends the isolate. */
  end(failure: InstanceFailure): void {
    if (this.#ended !== undefined) return
    this.#ended = failure
    this.#loading.reject(failure)
    // Whoever makes a call anew, because it failed here, must not find this instance again.
    for (const listener of this.#onEnded) listener(failure)
    this.#channel.close({ code: failure.code, message: failure.message })
    this.#open.clear()
    this.#handles.end()
    this.spec.meter.detach(this)
  }

  #receiveCall(call: IncomingCall): void {
    this.lastActive = performance.now()
    const request = parseHostCall(call.head)
    if (request === undefined || this.#channel.serving > this.spec.limits.maxHostCalls + SPARE_CALLS) {
      this.#onViolation(request === undefined ? 'malformed host call' : 'flood of host calls')
      return
    }
    const { row } = request
    if (row === undefined || row.effect) this.effects++
    this.#hostCalls++
    if (row !== undefined) this.spec.meter.countHostCall(row.name)
    // Every host call catches and returns: a rejection never leaves this function.
    this.#carryOut(call, request)
  }

  #carryOut(call: IncomingCall, { name, row, args }: HostCallRequest): void {
    if (row === undefined) {
      // Our guest code knows which calls there are.
      this.#onIgnored(UNKNOWN_CALL_FRAMES)
      const message = `There is no host call "${name.slice(0, 64)}"`
      return call.fail(toWireError(new PlugbayError('HOST_CALL_UNKNOWN', message)))
    }
    let release: () => void
    try {
      release = this.#admission.take({
        bytes: call.body?.byteLength ?? 0,
        isStreaming: call.stream !== undefined,
      })
    } catch (error) {
      return call.fail(toWireError(error))
    }
    const streams = new CallStreams(call, this.#handles)
    const done = this.spec.hostCall(row, args, call.body, streams)
    done.then(release, release)
    done.then(
      (answer) => {
        if ('text' in answer) return call.reply(answer.text, answer.body)
        const { head, body, stream } = answer
        const text = JSON.stringify(head ?? null)
        if (stream === undefined) call.reply(text, body)
        else void sendStream(call, text, { source: stream, signal: streams.signal, toWireError })
      },
      (error: unknown) => call.fail(toWireError(error)),
    )
  }

  #mayLog(): boolean {
    const { meter, limits } = this.spec
    const isWithin = meter.takeLogLine(limits.logLinesPerSecond, performance.now())
    // The sandbox process has dropped nearly all of them already.
    if (!isWithin) this.#onIgnored()
    return isWithin
  }

  #receiveEvent(head: string): void {
    const event = parseGuestEvent(head)
    if (event === undefined) return this.#onViolation('malformed event')
    this.#handleEvent(event)
  }

  #handleEvent(event: GuestEvent): void {
    switch (event.e) {
      case 'loaded':
        this.isLoading = false
        return this.#loading.resolve(event.exports)
      case 'load-failed':
        return this.#loading.reject(
          new InstanceFailure('LOAD_FAILED', event.error.message, { report: event.error }),
        )
      case 'unhandled':
        return this.#mayLog() ? this.spec.onError(event.error, event.requestId) : undefined
      case 'log':
        return this.#mayLog() ? this.spec.onLog(event.level, event.text, event.requestId) : undefined
      case 'log-dropped':
        this.spec.meter.logLinesDropped += event.count
        return
      case 'waiting':
        this.lastActive = performance.now()
        if (event.count > this.#waiting) this.#waitingSince = this.lastActive
        this.#waiting = event.count
        return
    }
  }
}

function lengthOf(body: Body): number {
  if (body === undefined) return 0
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}

function toWireError(error: unknown): WireError {
  if (!(error instanceof PlugbayError))
    return { code: 'HOST_CALL_FAILED', message: ERROR_CODES.HOST_CALL_FAILED.title }
  return { code: error.code, message: error.message, hint: error.row.hint }
}
