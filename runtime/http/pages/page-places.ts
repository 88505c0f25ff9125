// How many answers of a plugin's pages and assets are on their way to clients at a time, and how much memory they hold there:
// the rules for requests to its backend (sandbox/runner/admission.ts), for what the runtime itself sends.
// Invariant: at most `maxInFlight` answers are on their way; a waiting request starts, is refused or leaves by its deadline.

import { CallQueue, type QueueEntry } from '../../sandbox/runner/call-queue.ts'
import { QueueMemory } from '../../sandbox/runner/queue-memory.ts'
import { ServiceTimes } from '../../sandbox/runner/service-times.ts'
import type { Hold } from '../exchange/response-sink.ts'

export interface PlaceLimits {
  readonly maxInFlight: number
  readonly maxQueued: number
  readonly deadlineMs: number
  /** Of the answers and queues of all plugins. */
  readonly memory: QueueMemory
}

/** A request that needs a place; exactly one of the two is called. */
export interface PlaceSeeker {
  start(place: Place): void
  /** @param retryAfterMs until the queue will have become shorter */
  refuse(retryAfterMs: number): void
}

/** Leaves the queue; without effect after its turn. */
export type LeaveQueue = () => void

/** Memory of a request that waits. */
const WAITING_BYTES = 8 * 1024
/** Memory of an answer that is not known yet: larger ones are streamed. */
const UNKNOWN_BYTES = 256 * 1024
const SWEEP_MS = 100

export class PagePlaces {
  readonly #limits: PlaceLimits
  readonly #queue = new CallQueue<PlaceSeeker>()
  readonly #times = new ServiceTimes()
  #inFlight = 0
  #bytes = 0
  /** Since when the same answers have taken all places. */
  #fullSince = 0
  #sweep: NodeJS.Timeout | undefined

  constructor(limits: PlaceLimits) {
    this.#limits = limits
  }

  /** Starts, queues or refuses the request; undefined when it does not wait. */
  admit(seeker: PlaceSeeker): LeaveQueue | undefined {
    if (this.#queue.length === 0 && this.#freePlaces > 0) {
      this.#start(seeker)
      return undefined
    }
    return this.#wait(seeker)
  }

  /** @internal For Place. */
  settle(place: Place): void {
    this.#inFlight--
    this.change(-place.bytes)
    const now = performance.now()
    this.#times.addHold(now - place.since)
    this.#fullSince = now
    while (this.#freePlaces > 0) {
      const entry = this.#queue.first
      if (entry === undefined) return
      this.#leave(entry)
      if (this.#isLate(entry, now)) entry.call.refuse(this.#expectedMs(now))
      else this.#start(entry.call)
    }
  }

  /** @internal For Place. */
  change(bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0) this.#limits.memory.force(bytes)
    else this.#limits.memory.give(-bytes)
  }

  get #freePlaces(): number {
    return this.#limits.maxInFlight - this.#inFlight
  }

  #start(seeker: PlaceSeeker): void {
    const { memory, maxInFlight } = this.#limits
    const now = performance.now()
    if (!memory.take(UNKNOWN_BYTES, this.#bytes + this.#queue.bytes))
      return seeker.refuse(this.#expectedMs(now))
    this.#bytes += UNKNOWN_BYTES
    if (++this.#inFlight === maxInFlight) this.#fullSince = now
    seeker.start(new Place(this, UNKNOWN_BYTES, now))
  }

  #wait(seeker: PlaceSeeker): LeaveQueue | undefined {
    const { memory, maxQueued, deadlineMs } = this.#limits
    const expectedMs = this.#expectedMs(performance.now())
    const isHopeless = expectedMs > deadlineMs || this.#queue.length >= maxQueued
    if (isHopeless || !memory.take(WAITING_BYTES, this.#bytes + this.#queue.bytes)) {
      seeker.refuse(expectedMs)
      return undefined
    }
    const entry = this.#queue.append(seeker, WAITING_BYTES)
    this.#sweep ??= setInterval(() => this.#refuseLate(), SWEEP_MS)
    return () => this.#leave(entry)
  }

  #leave(entry: QueueEntry<PlaceSeeker>): boolean {
    if (!this.#queue.remove(entry)) return false
    this.#limits.memory.give(entry.bytes)
    if (this.#queue.length === 0) {
      clearInterval(this.#sweep)
      this.#sweep = undefined
    }
    return true
  }

  #refuseLate(): void {
    const now = performance.now()
    for (const entry of this.#queue.entries()) {
      if (this.#isLate(entry, now) && this.#leave(entry)) entry.call.refuse(this.#expectedMs(now))
    }
  }

  #isLate({ since }: QueueEntry<PlaceSeeker>, now: number): boolean {
    return now - since >= this.#limits.deadlineMs
  }

  #expectedMs(now: number): number {
    const { maxInFlight: places } = this.#limits
    const stalledMs = this.#freePlaces > 0 ? 0 : now - this.#fullSince
    return this.#times.expect({ ahead: this.#queue.length, places, stalledMs })
  }
}

/** Held by an answer until it is sent, or the client has left. */
export class Place implements Hold {
  readonly #places: PagePlaces
  readonly since: number
  bytes: number
  #isHeld = true

  constructor(places: PagePlaces, bytes: number, since: number) {
    this.#places = places
    this.bytes = bytes
    this.since = since
  }

  /** The memory that the answer holds, now that it is known. */
  keep(bytes: number): void {
    if (!this.#isHeld) return
    this.#places.change(bytes - this.bytes)
    this.bytes = bytes
  }

  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#places.settle(this)
  }
}

/** Of answers that clients have not read yet. */
const MAX_UNSENT_BYTES = 64_000_000

/** The places of each plugin, with memory in common. */
export function createPagePlaces(limits: Omit<PlaceLimits, 'memory'>): (pluginId: string) => PagePlaces {
  const memory = new QueueMemory(MAX_UNSENT_BYTES)
  const places = new Map<string, PagePlaces>()
  return (pluginId) => {
    const known = places.get(pluginId)
    if (known !== undefined) return known
    const made = new PagePlaces({ ...limits, memory })
    places.set(pluginId, made)
    return made
  }
}
