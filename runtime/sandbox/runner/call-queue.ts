// The queue of waiting calls: first come, first served; an entry may leave at any time.
// A linked list instead of an array: leaving costs the same anywhere in the queue.
// Invariant: a removed entry references nothing that is still in the queue (sdk/protocol/call-table.ts explains why).

import type { GuestCall } from './guest-call.ts'

export interface QueueEntry<Call = GuestCall> {
  readonly call: Call
  readonly bytes: number
  /** A performance.now() value. */
  readonly since: number
}

interface Entry<Call> extends QueueEntry<Call> {
  before: Entry<Call> | undefined
  after: Entry<Call> | undefined
  isWaiting: boolean
}

export class CallQueue<Call = GuestCall> {
  #first: Entry<Call> | undefined
  #last: Entry<Call> | undefined
  #length = 0
  #bytes = 0

  get length(): number {
    return this.#length
  }

  /** Memory that the entries hold, as given when they were added. */
  get bytes(): number {
    return this.#bytes
  }

  get first(): QueueEntry<Call> | undefined {
    return this.#first
  }

  /** A copy: handling an entry may change the queue. */
  entries(): QueueEntry<Call>[] {
    const all: QueueEntry<Call>[] = []
    for (let entry = this.#first; entry !== undefined; entry = entry.after) all.push(entry)
    return all
  }

  append(call: Call, bytes: number): QueueEntry<Call> {
    const since = performance.now()
    const entry: Entry<Call> = { call, bytes, since, before: this.#last, after: undefined, isWaiting: true }
    if (this.#last === undefined) this.#first = entry
    else this.#last.after = entry
    this.#last = entry
    this.#count(1, bytes)
    return entry
  }

  /** For a call that has had its turn already, and is retried. */
  prepend(call: Call, bytes: number): QueueEntry<Call> {
    const since = performance.now()
    const entry: Entry<Call> = { call, bytes, since, before: undefined, after: this.#first, isWaiting: true }
    if (this.#first === undefined) this.#last = entry
    else this.#first.before = entry
    this.#first = entry
    this.#count(1, bytes)
    return entry
  }

  /** False: it has left before. */
  remove(entry: QueueEntry<Call>): boolean {
    const left = entry as Entry<Call>
    if (!left.isWaiting) return false
    left.isWaiting = false
    const { before, after } = left
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    left.before = undefined
    left.after = undefined
    this.#count(-1, -left.bytes)
    return true
  }

  #count(calls: number, bytes: number): void {
    this.#length += calls
    this.#bytes += bytes
  }
}
