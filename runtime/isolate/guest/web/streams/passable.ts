// Streams that the host sends, and targets that can take the rest of one from the host: pipeTo() from one to the other then brings only what
// has arrived here already, and the rest goes its way without this isolate.
// Invariant: pipeTo() does what it always does, at both ends: the stream ends, fails and is cancelled as if all of it came through here.

import type * as Polyfill from 'web-streams-polyfill'
import { apply, define, weakMapDelete, weakMapGet, weakMapSet } from '../base/primordials.ts'

type Streams = typeof Polyfill

/** The ids of the calls that the host answers with these streams, while they arrive. */
const sources = new WeakMap<object, number>()
/** Of targets. */
const targets = new WeakMap<object, TakeRest>()

/**
 * Remembers where the rest of the stream that answers the call belongs. The function that it returns asks the host for that, and resolves when the
 * host has done with it; it never rejects.
 */
export type TakeRest = (call: number) => () => Promise<void>

export function markPassable(stream: object, call: number): void {
  weakMapSet(sources, stream, call)
}

/** All of it has arrived. */
export function unmarkPassable(stream: object): void {
  weakMapDelete(sources, stream)
}

export function acceptRest(target: object, take: TakeRest): void {
  weakMapSet(targets, target, take)
}

/** Fields of the implementation: the standard has no public names for them. */
interface Fields {
  readonly _disturbed?: boolean
  readonly _state?: string
  readonly _writeRequests?: { readonly length: number }
  readonly _inFlightWriteRequest?: unknown
}

export function mendPipeTo({ ReadableStream }: Streams): void {
  const { prototype } = ReadableStream
  const { pipeTo } = prototype
  // A method: `new` refuses it.
  const mended = {
    pipeTo(this: ReadableStream, target: WritableStream, ...options: unknown[]): Promise<void> {
      const begin = restOf(this, target)
      const done = apply(pipeTo, this, [target, ...options] as never) as Promise<void>
      // It has refused the target or the options otherwise.
      if (begin === undefined || !this.locked || !target.locked) return done
      const taken = begin()
      return done.then(() => taken)
    },
  }.pipeTo
  define(mended, 'length', pipeTo.length, false)
  define(prototype, 'pipeTo', mended, true)
}

/** Undefined unless the rest can go past this isolate: nothing was read of the stream, and nothing is being written to the target. */
function restOf(stream: object, target: object): (() => Promise<void>) | undefined {
  if (typeof target !== 'object' || target === null) return undefined
  const call = weakMapGet(sources, stream)
  const take = weakMapGet(targets, target)
  if (call === undefined || take === undefined) return undefined
  const { _disturbed } = stream as Fields
  const { _state, _writeRequests, _inFlightWriteRequest } = target as Fields
  if (_disturbed === true || (stream as ReadableStream).locked || (target as WritableStream).locked)
    return undefined
  if (_state !== 'writable' || _writeRequests?.length !== 0 || _inFlightWriteRequest !== undefined)
    return undefined
  return take(call)
}
