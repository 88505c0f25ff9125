// One running isolate of a release, as the runtime sees it: guest calls go in with a deadline, host calls come out.
// Invariant: every call is settled exactly once, by its deadline or when the instance ends.

import { CallTable } from '../../../sdk/protocol/call-table.ts'
import { Channel, type IncomingCall } from '../../../sdk/protocol/channel.ts'
import type { GuestErrorReport } from '../../../sdk/protocol/guest-boot.ts'
import type { GuestExports } from '../../../sdk/protocol/guest-calls.ts'
import type { SlotFigures } from '../../../sdk/protocol/sandbox-control.ts'
import type { Body, SendFrame } from '../../../sdk/protocol/wire.ts'
import { type CallRequest, InstanceFailure, type InstanceSpec, type Retirement } from '../types.ts'
import type { Usage } from '../usage/usage-meter.ts'
import { Consumption } from './consumption.ts'
import { FoldersOfCalls } from './folders-of-calls.ts'
import { HandleTable } from './handles.ts'
import { type GuestFaults, HostCallService } from './host-call-service.ts'
import { OpenCall, type OpenCalls } from './open-call.ts'
import { parseGuestEvent } from './parse-guest-messages.ts'
import { PendingPromises } from './pending-promises.ts'

/** Recent activity can still be the cause of a crash while no guest code is running. */
const RECENT_MS = 1000

export interface InstancePlace extends GuestFaults {
  readonly slot: number
  readonly shared: boolean
  readonly send: SendFrame
}

export class Instance implements Usage, OpenCalls {
  readonly spec: InstanceSpec
  readonly slot: number
  readonly shared: boolean
  /** Settles when the plugin's module has loaded, or failed to. */
  readonly loaded: Promise<GuestExports>
  readonly #faults: GuestFaults
  readonly #channel: Channel
  readonly #open = new CallTable<OpenCall>()
  readonly #hostCalls: HostCallService
  readonly #used: Consumption
  readonly #handles: HandleTable
  readonly #given: FoldersOfCalls
  readonly #background = new PendingPromises()
  readonly #loading = Promise.withResolvers<GuestExports>()
  readonly #onEnded: ((failure: InstanceFailure) => void)[] = []
  #onCharged: ((isOver: boolean) => void) | undefined
  #isLoading = true
  #isRunning = false
  #lastActive = performance.now()
  #nextKey = 1
  #ended: InstanceFailure | undefined

  constructor(spec: InstanceSpec, place: InstancePlace) {
    this.spec = spec
    this.slot = place.slot
    this.shared = place.shared
    this.#faults = place
    this.#handles = new HandleTable(spec.meter.handles)
    this.#given = new FoldersOfCalls(this.#handles)
    this.#hostCalls = new HostCallService(spec, {
      handles: this.#handles,
      userOf: (requestId) => this.#userOf(requestId),
      faults: place,
    })
    this.#used = new Consumption(spec)
    spec.meter.attach(this)
    this.#channel = new Channel(place.send, {
      call: (call) => this.#receiveCall(call),
      event: (head) => this.#receiveEvent(head),
      ignored: () => place.onIgnored(),
    })
    this.loaded = this.#loading.promise
    // The loader awaits it; a process that dies before that must not cause an unhandled rejection.
    this.loaded.catch(() => undefined)
  }

  get cpuMs(): number {
    return this.#used.cpuMs
  }

  get heapBytes(): number {
    return this.#used.heapBytes
  }

  get externalBytes(): number {
    return this.#used.externalBytes
  }

  get openCalls(): number {
    return this.#open.size
  }

  /** Host calls so far that may have changed something. */
  get effects(): number {
    return this.#hostCalls.effects
  }

  get lastActive(): number {
    return this.#lastActive
  }

  get busy(): boolean {
    return this.#open.size > 0 || this.#background.count > 0
  }

  get isLoading(): boolean {
    return this.#isLoading
  }

  /** In a shared process, as reported by it: whether code of the guest is running. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Whether it was active recently, or is about to be. */
  get isRecent(): boolean {
    return this.busy || this.#isLoading || performance.now() - this.#lastActive < RECENT_MS
  }

  get ended(): InstanceFailure | undefined {
    return this.#ended
  }

  /** Calls each listener once when the instance has ended; at once if it already has. */
  onEnded(listener: (failure: InstanceFailure) => void): void {
    if (this.#ended !== undefined) listener(this.#ended)
    else this.#onEnded.push(listener)
  }

  /** Called with every report of the process: whether the plugin exceeds its average CPU limit. */
  onCharged(listener: (isOver: boolean) => void): void {
    this.#onCharged = listener
  }

  /** Records what the process reports of its runs. */
  setRunning(isRunning: boolean): void {
    this.#isRunning = isRunning
  }

  /**
   * Makes a guest call. It fails with GUEST_ERROR, GUEST_DEADLINE, GUEST_CRASHED or CANCELLED.
   * The deadline applies until the head of the reply; while a body is arriving, it restarts with each byte that the plugin
   * gets.
   */
  call(request: CallRequest): OpenCall {
    this.#lastActive = request.sentAt
    const { meter } = this.spec
    if (request.row.charge === 'request') meter.serve()
    meter.countBytesIn(lengthOf(request.body))
    const key = this.#nextKey++
    const open = new OpenCall(this, key, request)
    this.#open.set(key, open)
    const { head, folders } = request
    open.send(this.#channel, folders === undefined ? head : this.#given.give(key, head, folders))
    return open
  }

  isOpen(key: number): boolean {
    return this.#open.has(key)
  }

  close(key: number, now: number): boolean {
    if (!this.#open.delete(key)) return false
    this.#given.take(key)
    this.#lastActive = now
    return true
  }

  event(head: string): void {
    this.#channel.event(head)
  }

  receive(kind: number, id: number, head: string, body: Uint8Array | undefined): void {
    if (this.#ended !== undefined) return
    if (!this.#channel.receive(kind, id, head, body))
      this.#faults.onViolation(`malformed frame of kind ${kind}`)
  }

  /** The release serves no more: the makers of open calls decide what becomes of those. */
  retire(how: Retirement): void {
    for (const open of [...this.#open.values()]) open.retire(how)
  }

  /** Fails the calls whose deadline has passed. Calls are kept in the order of their start. */
  checkDeadlines(now: number): void {
    // It may be paused.
    if (this.spec.inspect !== undefined) return
    for (const open of this.#open.values()) if (open.isLate(now)) open.expire(now)
  }

  /**
   * Records the figures that the sandbox process reports of the isolate, and the CPU time charged for it, in milliseconds.
   * @returns the reason to end the instance when it has exceeded its CPU budget
   */
  report(figures: SlotFigures, usedMs: number): InstanceFailure | undefined {
    const now = performance.now()
    this.#used.take(figures)
    this.#onCharged?.(this.charge(usedMs, now))
    const work = {
      calls: this.#open.values(),
      started: this.#nextKey,
      waiting: this.#background.count,
      hostCalls: this.#hostCalls.made,
      isLoading: this.#isLoading,
    }
    return this.#used.check(work, figures.busyMs, now)
  }

  /** @returns whether the plugin now exceeds its average CPU limit */
  charge(usedMs: number, now: number): boolean {
    return this.#used.charge(usedMs, now)
  }

  /** Ends the instance on this side: fails all open calls. The owner disposes of the isolate. */
  end(failure: InstanceFailure): void {
    if (this.#ended !== undefined) return
    this.#ended = failure
    this.#loading.reject(failure)
    // A caller that retries its failed call must not find this instance again.
    for (const listener of this.#onEnded) listener(failure)
    this.#channel.close({ code: failure.code, message: failure.message })
    this.#handles.end()
    this.spec.meter.detach(this)
  }

  /** Ids of requests are the runtime's own, and distinct. */
  #userOf(requestId: string): string | null {
    const call = this.#open.values().find(({ user }) => user?.requestId === requestId)
    return call?.user?.name ?? null
  }

  #receiveCall(call: IncomingCall): void {
    this.#lastActive = performance.now()
    this.#hostCalls.receive(call, this.#channel.serving)
  }

  #receiveEvent(head: string): void {
    const event = parseGuestEvent(head)
    switch (event?.e) {
      case undefined:
        return this.#faults.onViolation('malformed event')
      case 'loaded':
        this.#isLoading = false
        return this.#loading.resolve(event.exports)
      case 'load-failed': {
        const report = this.#masked(event.error)
        return this.#loading.reject(new InstanceFailure('LOAD_FAILED', report.message, { report }))
      }
      case 'unhandled':
        return this.#mayLog() ? this.spec.onError(this.#masked(event.error), event.requestId) : undefined
      case 'log':
        return this.#mayLog()
          ? this.spec.onLog(event.level, this.spec.mask(event.text), event.requestId)
          : undefined
      case 'log-dropped':
        return this.spec.meter.countDroppedLines(event.count)
      case 'lacking':
        // Only a recorded guest sends it.
        if (this.spec.recorder === undefined) return this.#faults.onIgnored()
        return this.spec.recorder.lacks(event.permission, event.value)
      case 'waiting':
        this.#lastActive = performance.now()
        return this.#background.set(event.count, this.#lastActive)
    }
  }

  /** A guest may have learned a secret by other ways than its handle. */
  #masked({ name, message, stack }: GuestErrorReport): GuestErrorReport {
    const { mask } = this.spec
    return { name: mask(name), message: mask(message), stack: mask(stack) }
  }

  #mayLog(): boolean {
    const { meter, limits } = this.spec
    const isWithin = meter.takeLogLine(limits.logLinesPerSecond, performance.now())
    // The sandbox process has already dropped nearly all of them.
    if (!isWithin) this.#faults.onIgnored()
    return isWithin
  }
}

function lengthOf(body: Body): number {
  if (body === undefined) return 0
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}
