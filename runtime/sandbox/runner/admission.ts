// Decides which requests are sent to an instance now, which wait, and which are refused.
// A request waits if it can be expected to be answered by its deadline, which counts from its arrival; the queue is limited by
// number and by memory. There is one queue for all clients, which cannot be told apart: behind a proxy they share one address.
// Invariant: at most `maxRequestsInFlight` calls are in flight; a waiting one is sent, refused or moved by its deadline.

import type { Instance } from '../instance/instance.ts'
import type { InstanceLimits } from '../types.ts'
import type { UsageMeter } from '../usage/usage-meter.ts'
import { CallQueue, type QueueEntry } from './call-queue.ts'
import type { CallError } from './caller.ts'
import type { Desk, GuestCall } from './guest-call.ts'
import type { QueueMemory } from './queue-memory.ts'
import { busy, unavailable } from './refusals.ts'
import { ServiceTimes } from './service-times.ts'
import { SocketPlaces } from './socket-places.ts'

export interface AdmissionOptions {
  readonly limits: InstanceLimits
  readonly meter: UsageMeter
  readonly memory: QueueMemory
  /** Called when a request waits and there is no instance. */
  readonly onStarved: () => void
}

/** Memory of a waiting request beside its own message: the objects of its exchange. */
const EXCHANGE_BYTES = 8 * 1024
/** Memory of a body that is not read yet: the buffer of the request, and one read of its connection. */
const UNREAD_BYTES = 128 * 1024
const SWEEP_MS = 50

export class Admission implements Desk {
  readonly #limits: InstanceLimits
  readonly #meter: UsageMeter
  readonly #memory: QueueMemory
  readonly #onStarved: () => void
  readonly #queue = new CallQueue()
  readonly #sockets: SocketPlaces
  readonly #times = new ServiceTimes()
  #instance: Instance | undefined
  #inFlight = 0
  /** Since when the same calls have taken all places. */
  #fullSince = 0
  #sweep: NodeJS.Timeout | undefined

  constructor(options: AdmissionOptions) {
    this.#limits = options.limits
    this.#meter = options.meter
    this.#memory = options.memory
    this.#onStarved = options.onStarved
    this.#sockets = new SocketPlaces(options.limits.maxSockets)
  }

  get deadlineMs(): number {
    return this.#limits.deadlineMs
  }

  get sockets(): number {
    return this.#sockets.count
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** Sends, queues or refuses the call. */
  admit(call: GuestCall, now: number): void {
    const instance = this.#instance
    // WebSockets have places of their own, so they overtake.
    const isNext = call.kind === 'socket' || (this.#queue.length === 0 && this.#freePlaces > 0)
    if (instance !== undefined && isNext) this.#send(call, instance, now)
    else this.#wait(call, now)
  }

  /** An instance is available. */
  open(instance: Instance): void {
    this.#instance = instance
    const now = performance.now()
    for (const entry of this.#queue.entries()) {
      const isNext = entry.call.kind === 'socket' || this.#freePlaces > 0
      if (isNext && this.leave(entry)) this.#send(entry.call, instance, now)
    }
  }

  /** No instance is available. */
  close(): void {
    this.#instance = undefined
  }

  refuse(call: GuestCall, error: CallError): void {
    if (error.code === 'GUEST_BUSY') this.#meter.queue.refuse()
    else if (error.code === 'GUEST_THROTTLED') this.#meter.countThrottled()
    else this.#meter.countError()
    call.refuse(error)
  }

  /** Refuses all waiting calls. */
  refuseAll(error: CallError): void {
    for (const entry of this.#queue.entries()) {
      if (this.leave(entry)) this.refuse(entry.call, error)
    }
  }

  /** The release serves no more: waiting calls move on. */
  retire(): void {
    for (const entry of this.#queue.entries()) {
      if (this.leave(entry)) entry.call.move()
    }
  }

  answered(call: GuestCall, now: number): void {
    // How long an upload or a socket takes depends on the client, not the plugin.
    const isOrdinary = call.row.charge === 'request' && (call.kind === 'read' || call.kind === 'write')
    if (isOrdinary) this.#times.addAnswer(now - call.sentAt)
  }

  free(call: GuestCall, now: number): void {
    if (call.kind === 'socket') return this.#sockets.leave()
    this.#inFlight--
    if (call.row.charge === 'request') this.#times.addHold(now - call.sentAt)
    if (this.#queue.length > 0) this.#sendWaiting(now)
  }

  leave(entry: QueueEntry): boolean {
    if (!this.#queue.remove(entry)) return false
    this.#memory.give(entry.bytes)
    this.#meter.queue.leave(performance.now() - entry.since)
    return true
  }

  repeat(call: GuestCall): void {
    const bytes = bytesOf(call)
    this.#memory.force(bytes)
    this.#enter(this.#queue.prepend(call, bytes))
  }

  countError(): void {
    this.#meter.countError()
  }

  get #freePlaces(): number {
    return this.#limits.maxRequestsInFlight - this.#inFlight
  }

  #send(call: GuestCall, instance: Instance, now: number): void {
    if (call.kind === 'socket') {
      if (!this.#sockets.take()) return this.refuse(call, busy('More WebSockets than there may be', 0))
    } else if (++this.#inFlight === this.#limits.maxRequestsInFlight) this.#fullSince = now
    call.send(instance, now)
  }

  #wait(call: GuestCall, now: number): void {
    const bytes = bytesOf(call)
    const expectedMs = this.#expectedMs(now)
    const isHopeless = expectedMs > call.deadlineMs || this.#queue.length >= this.#limits.maxRequestsQueued
    if (isHopeless || !this.#memory.take(bytes, this.#queue.bytes))
      return this.refuse(call, busy(`${this.#queue.length} requests wait already`, expectedMs))
    this.#enter(this.#queue.append(call, bytes))
  }

  #enter(entry: QueueEntry): void {
    entry.call.enter(entry)
    this.#meter.queue.enter()
    this.#sweep ??= setInterval(() => this.#refuseLate(), SWEEP_MS)
    if (this.#instance === undefined) this.#onStarved()
  }

  /** Fills the free places. */
  #sendWaiting(now: number): void {
    this.#fullSince = now
    while (this.#freePlaces > 0) {
      const entry = this.#queue.first
      if (entry === undefined || this.#instance === undefined) return
      this.leave(entry)
      if (this.#isLate(entry.call, now)) this.refuse(entry.call, this.#late(now))
      else this.#send(entry.call, this.#instance, now)
    }
  }

  #refuseLate(): void {
    const now = performance.now()
    for (const entry of this.#queue.entries()) {
      if (this.#isLate(entry.call, now) && this.leave(entry)) this.refuse(entry.call, this.#late(now))
    }
    if (this.#queue.length > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }

  /** The plugin is not called when its response would come after the deadline. */
  #isLate({ deadline }: GuestCall, now: number): boolean {
    // Calls that only waited for a start are sent: otherwise the response time would never be measured again.
    const neededMs = this.#instance === undefined ? 0 : this.#times.answerMs
    return deadline <= now + neededMs
  }

  #late(now: number): CallError {
    if (this.#instance === undefined) return unavailable('The plugin did not start in time', 0)
    return busy('Its turn did not come in time', this.#expectedMs(now))
  }

  /** Expected wait for the response to a new request; 0 if it gets a place as soon as there is an instance. */
  #expectedMs(now: number): number {
    const ahead = this.#queue.length - this.#freePlaces
    if (ahead < 0) return 0
    const stalledMs = this.#freePlaces > 0 ? 0 : now - this.#fullSince
    return this.#times.expect({ ahead, places: this.#limits.maxRequestsInFlight, stalledMs })
  }
}

function bytesOf({ head, body, kind }: GuestCall): number {
  const length = typeof body === 'string' ? body.length : (body?.byteLength ?? 0)
  return EXCHANGE_BYTES + head.length + length + (kind === 'upload' ? UNREAD_BYTES : 0)
}
